"""What Jira offers: the authority on stream names, keys and the structure that staging reads.

`fields` holds DuckDB type text per top-level key of the payload; dbt's `_jira__sources.yml` repeats it and a
test compares the two. Custom fields live inside `fields` (JSON) because they differ from site to site.
"""

from __future__ import annotations

from typing import Final

from connectors.source import Stream

_AUTHOR: Final = "STRUCT(accountId VARCHAR, key VARCHAR)"  # Data Center knows people by key
_ITEM: Final = (
    'STRUCT(field VARCHAR, fieldId VARCHAR, fieldtype VARCHAR, "from" VARCHAR, fromString VARCHAR, '
    '"to" VARCHAR, toString VARCHAR)'
)
_HISTORY: Final = (
    f"STRUCT(id VARCHAR, created VARCHAR, author {_AUTHOR}, items {_ITEM}[], historyMetadata STRUCT(type VARCHAR))"
)

PROJECT: Final = Stream(
    "project",
    "id",
    {
        "id": "VARCHAR",
        "key": "VARCHAR",
        "name": "VARCHAR",
        "description": "VARCHAR",
        "archived": "BOOLEAN",
        "deleted": "BOOLEAN",
        "style": "VARCHAR",
        "projectTypeKey": "VARCHAR",
        "lead": "STRUCT(accountId VARCHAR, key VARCHAR, displayName VARCHAR)",
        "projectCategory": "STRUCT(id VARCHAR, name VARCHAR)",
        "properties": "JSON",
    },
    snapshot=True,
)

ISSUE: Final = Stream(
    "issue",
    "id",
    {
        "id": "VARCHAR",
        "key": "VARCHAR",
        "fields": "JSON",
        "changelog": f"STRUCT(total BIGINT, histories {_HISTORY}[])",
    },
    cursor="updated",
)

ISSUE_CHANGELOG: Final = Stream(
    "issue_changelog",
    "issueId/page",
    {"issueId": "VARCHAR", "changeHistories": f"{_HISTORY}[]"},
    cursor="updated",
)

ISSUE_COMMENT: Final = Stream(
    "issue_comment",
    "issueId/page",
    {
        "issueId": "VARCHAR",
        "total": "BIGINT",
        "comments": f"STRUCT(id VARCHAR, author {_AUTHOR}, body JSON, created VARCHAR, updated VARCHAR)[]",
    },
    cursor="updated",
)

WORKLOG: Final = Stream(
    "worklog",
    "id",
    {
        "id": "VARCHAR",
        "issueId": "VARCHAR",
        "author": _AUTHOR,
        "updateAuthor": _AUTHOR,
        "comment": "JSON",
        "started": "VARCHAR",
        "timeSpentSeconds": "BIGINT",
        "created": "VARCHAR",
        "updated": "VARCHAR",
    },
    cursor="updated",
)

FIELD: Final = Stream(
    "field",
    "id",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "custom": "BOOLEAN",
        "schema": "STRUCT(type VARCHAR, custom VARCHAR, customId BIGINT, items VARCHAR, system VARCHAR)",
        "scope": "STRUCT(type VARCHAR, project STRUCT(id VARCHAR))",
    },
    snapshot=True,
)

STATUS: Final = Stream(
    "status",
    "id",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "statusCategory": "STRUCT(id VARCHAR, key VARCHAR, name VARCHAR)",
        "scope": "JSON",
    },
    snapshot=True,
)

USER: Final = Stream(
    "user",
    "accountId",
    {
        "accountId": "VARCHAR",
        "key": "VARCHAR",
        "name": "VARCHAR",
        "displayName": "VARCHAR",
        "emailAddress": "VARCHAR",
        "active": "BOOLEAN",
        "accountType": "VARCHAR",
        "timeZone": "VARCHAR",
    },
    snapshot=True,
)

BOARD: Final = Stream(
    "board",
    "id",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "type": "VARCHAR",
        "location": "STRUCT(projectId VARCHAR, projectKey VARCHAR)",
    },
    snapshot=True,
)

SPRINT: Final = Stream(
    "sprint",
    "id",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "state": "VARCHAR",
        "goal": "VARCHAR",
        "startDate": "VARCHAR",
        "endDate": "VARCHAR",
        "completeDate": "VARCHAR",
        "originBoardId": "VARCHAR",
    },
    snapshot=True,
)

VERSION: Final = Stream(
    "version",
    "id",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "projectId": "VARCHAR",
        "startDate": "VARCHAR",
        "releaseDate": "VARCHAR",
        "released": "BOOLEAN",
        "archived": "BOOLEAN",
    },
    snapshot=True,
)

LINK_TYPE: Final = Stream(
    "link_type",
    "id",
    {"id": "VARCHAR", "name": "VARCHAR", "inward": "VARCHAR", "outward": "VARCHAR"},
    snapshot=True,
)

SERVER: Final = Stream(
    "server",
    "baseUrl",
    {"baseUrl": "VARCHAR", "version": "VARCHAR", "deploymentType": "VARCHAR", "serverTime": "VARCHAR"},
    snapshot=True,
)

STREAMS: Final = (
    PROJECT,
    FIELD,
    STATUS,
    USER,
    BOARD,
    SPRINT,
    VERSION,
    LINK_TYPE,
    SERVER,
    ISSUE,
    ISSUE_CHANGELOG,
    ISSUE_COMMENT,
    WORKLOG,
)
