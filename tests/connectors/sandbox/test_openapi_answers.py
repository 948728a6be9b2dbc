"""Every answer of the sandbox is one that Atlassian's own OpenAPI allows.

Two habits of Jira that its own description does not mention are allowed for: a member that is null counts as absent
(`"from": null`), and `issuelinks` show one end only. Members the real payloads carry beyond the description are named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from connectors.sandbox.jira import hostile
from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.server import SandboxOptions, running
from tests.fixtures.sandbox import Answer, Client, running_world, shared, small_world

CLOUD, AGILE = "jira-cloud-v3.openapi.json", "jira-software-agile-1.0.openapi.json"
UNDESCRIBED = {"tmpFromAccountId", "tmpToAccountId", "untranslatedName", "entityId"}
UNDESCRIBED |= {"projectKeys"}  # told of at the `expand` parameter, absent from the schema
FIELDS = {
    "status": "StatusDetails", "statusCategory": "StatusCategory", "issuetype": "IssueTypeDetails",
    "project": "ProjectDetails", "priority": "Priority", "resolution": "Resolution", "assignee": "UserDetails",
    "reporter": "UserDetails", "creator": "UserDetails", "worklog": "PageOfWorklogs", "votes": "Votes",
    "fixVersions": "Version", "components": "ProjectComponent", "subtasks": "LinkedIssue", "parent": "LinkedIssue",
    "comment": "PageOfComments", "attachment": "Attachment", "watches": "Watchers",
}  # fmt: skip
META = {
    "serverInfo": "ServerInformation", "myself": "User", "field": ["FieldDetails"], "field/search": "PageBeanField",
    "status": ["StatusDetails"], "statuses/search": "PageOfStatuses", "issuetype": ["IssueTypeDetails"],
    "priority": ["Priority"], "resolution": ["Resolution"], "issueLinkType": "IssueLinkTypes",
    "users/search": ["User"], "project/search": "PageBeanProject",
    "project/search?expand=lead,description,insight,projectKeys&properties=slipstream": "PageBeanProject",
    "mypermissions?permissions=BROWSE_PROJECTS": "Permissions",
    "worklog/updated": "ChangedWorklogs", "worklog/deleted": "ChangedWorklogs",
}  # fmt: skip
IN_PROJECT = {
    "": "Project",
    "/components": ["ProjectComponent"],
    "/versions": ["Version"],
    "/version": "PageBeanVersion",
    "/securitylevel": "ProjectIssueSecurityLevels",
}
OF_ISSUE = {
    "": "IssueBean", "?expand=changelog,transitions": "IssueBean", "/changelog?maxResults=1": "PageBeanChangelog",
    "/worklog": "PageOfWorklogs", "/comment": "PageOfComments", "/watchers": "Watchers",
}  # fmt: skip


@lru_cache
def spec(name: str) -> tuple[dict[str, Any], Registry]:
    contents = json.loads(shared("specs", name).read_bytes())
    return contents, Registry().with_resource("spec:", Resource(contents, DRAFT4))


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None and key not in UNDESCRIBED}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def assert_valid(value: Any, schema: Any, file: str = CLOUD) -> None:
    contents, registry = spec(file)
    if isinstance(schema, list):
        schema = {"type": "array", "items": {"$ref": f"spec:#/components/schemas/{schema[0]}"}}
    elif isinstance(schema, str):
        assert schema in contents["components"]["schemas"]
        schema = {"$ref": f"spec:#/components/schemas/{schema}"}
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft4Validator(schema, registry=registry).iter_errors(without_nulls(value))
    ]
    assert not errors, errors[:5]


def assert_answer(answer: Answer, schema: Any) -> Any:
    assert answer.status == 200, answer.body
    assert_valid(answer.json, schema)
    return answer.json


def assert_issue(issue: dict[str, Any]) -> None:
    assert_valid(issue, "IssueBean")
    for name, schema in FIELDS.items():
        value = issue["fields"].get(name)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                assert_valid(one, schema)
    for link in issue["fields"].get("issuelinks", []):
        assert_valid(link["type"], "IssueLinkType")
        assert_valid(link.get("inwardIssue") or link["outwardIssue"], "LinkedIssue")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_world() as jira:
        yield Client(jira)


@pytest.fixture(scope="module")
def recorded() -> Iterator[Client]:
    with running(SandboxOptions(recorded=shared("data"))) as jira:
        yield Client(jira)


@pytest.mark.parametrize("path", META)
def test_metadata_answers_are_valid(client: Client, path: str) -> None:
    assert assert_answer(client.get(f"/rest/api/3/{path}"), META[path])


@pytest.mark.parametrize("path", IN_PROJECT)
def test_project_answers_are_valid(client: Client, path: str) -> None:
    assert assert_answer(client.get(f"/rest/api/3/project/ALFA{path}"), IN_PROJECT[path])


@pytest.mark.parametrize("path", OF_ISSUE)
@pytest.mark.parametrize("issue", ["10003", "10001"])
def test_issue_answers_are_valid(client: Client, issue: str, path: str) -> None:
    assert assert_answer(client.get(f"/rest/api/3/issue/{issue}{path}"), OF_ISSUE[path])


def test_search_answers_are_valid_to_every_field(client: Client) -> None:
    asked = {"jql": "id > 0", "fields": ["*all"], "expand": "changelog", "maxResults": 100}
    page = assert_answer(client.post("/rest/api/3/search/jql", asked), "SearchAndReconcileResults")
    assert len(page["issues"]) == 24
    for issue in page["issues"]:
        assert_issue(issue)
    first = client.get("/rest/api/3/search/jql", jql="project = ALFA", maxResults=3)
    assert assert_answer(first, "SearchAndReconcileResults")["issues"][0] == {"id": "10002"}


def test_bulk_answers_are_valid(client: Client) -> None:
    asked = {"issueIdsOrKeys": ["10003", "ALFA-4", "99"], "fields": ["*all"], "expand": ["changelog"]}
    assert len(assert_answer(client.post("/rest/api/3/issue/bulkfetch", asked), "BulkIssueResults")["issues"]) == 2
    logs = client.post("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["10003"], "maxResults": 1})
    assert "nextPageToken" in assert_answer(logs, "BulkChangelogResponseBean")
    assert len(assert_answer(client.post("/rest/api/3/worklog/list", {"ids": [1, 2, 77]}), ["Worklog"])) == 2
    comments = client.post("/rest/api/3/comment/list", {"ids": [1, 2, 77]})
    assert len(assert_answer(comments, "PageBeanComment")["values"]) == 2
    count = client.post("/rest/api/3/search/approximate-count", {"jql": "project = ALFA"})
    assert assert_answer(count, "JQLCountResultsBean") == {"count": 12}


def test_a_bulk_answer_that_calls_issues_errors_is_valid() -> None:
    with running_world(faults=("issue_errors@bulkfetch:1",)) as jira:
        asked = {"issueIdsOrKeys": ["10003", "10004", "10005", "10006"], "fields": ["*all"]}
        told = assert_answer(Client(jira).post("/rest/api/3/issue/bulkfetch", asked), "BulkIssueResults")
    assert [issue["id"] for issue in told["issues"]] == ["10004"]
    assert [error["id"] for error in told["issueErrors"]] == ["10003", "10005", "10006"]


def test_webhook_answers_are_valid() -> None:
    url, path = "https://acme.test/hook", "/rest/api/3/webhook"
    with running_world() as jira:
        client = Client(jira)
        hooks = [
            {"events": ["jira:issue_updated"], "jqlFilter": "project = ALFA", "fieldIdsFilter": ["summary"]},
            {"events": ["sprint_closed"], "jqlFilter": "project = ALFA"},
            {"events": ["jira:issue_deleted"], "jqlFilter": "project ~ ALFA"},
        ]
        asked = {"url": url, "webhooks": hooks}
        assert_valid(asked | {"webhooks": hooks[:1]}, "WebhookRegistrationDetails")
        made = assert_answer(client.post(path, asked), "ContainerForRegisteredWebhooks")
        assert [*map(list, made["webhookRegistrationResult"])] == [["createdWebhookId"], ["errors"], ["errors"]]
        (held,) = assert_answer(client.get(path), "PageBeanWebhook")["values"]
        assert (held["url"], held["fieldIdsFilter"]) == (url, ["summary"])
        ids = {"webhookIds": [held["id"], 99]}
        assert_answer(client.send("PUT", f"{path}/refresh", ids), "WebhooksExpirationDate")
        assert client.send("DELETE", path, ids).status == 202
        assert client.get(path).json["values"] == []
        for refused in ({"url": url}, {"url": "ftp://acme.test", "webhooks": hooks}, {"webhooks": hooks}):
            answer = client.post(path, refused)
            assert answer.status == 400
            assert_valid(answer.json, "ErrorCollection")


def test_the_search_for_fields_pages_validly(client: Client) -> None:
    page = assert_answer(client.get("/rest/api/3/field/search", type="custom", maxResults=3), "PageBeanField")
    assert (len(page["values"]), page["isLast"]) == (3, False)


def test_what_is_told_of_a_file_is_valid(client: Client) -> None:
    assert assert_answer(client.get("/rest/api/3/attachment/1"), "AttachmentMetadata")["filename"] == "plan-1.pdf"
    assert_valid(client.get("/rest/api/3/attachment/99").json, "ErrorCollection")


def test_odd_content_is_valid_too() -> None:
    """What breaks readers is legal: the answers that hold it are as Atlassian describes them."""
    world = small_world()
    hostile.add(world, links=40)
    with running_world(world) as jira:
        client = Client(jira)
        asked = {"jql": "project = ODD", "fields": ["*all"], "expand": "changelog", "maxResults": 100}
        for issue in assert_answer(client.post("/rest/api/3/search/jql", asked), "SearchAndReconcileResults")["issues"]:
            assert_issue(issue)
        assert_answer(client.get("/rest/api/3/issue/ODD-8/comment", startAt=100), "PageOfComments")


@pytest.mark.parametrize(
    "path", ["search", "nothing", "issue/NO-1", "project/NO", "search/jql?jql=order+by+id", "search/jql?jql=x=1"]
)
def test_refusals_are_error_collections(client: Client, path: str) -> None:
    answer = client.get(f"/rest/api/3/{path}")
    assert answer.status in (400, 404, 410)
    assert_valid(answer.json, "ErrorCollection")


@pytest.mark.parametrize("path", ["board", "board/{boardId}", "board/{boardId}/configuration"])
def test_agile_answers_are_valid(client: Client, path: str) -> None:
    operation = spec(AGILE)[0]["paths"][f"/rest/agile/1.0/{path}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = client.get("/rest/agile/1.0/" + path.replace("{boardId}", "200"))
    assert answer.status == 200
    assert_valid(answer.json, schema, AGILE)


def test_sprints_have_the_members_of_the_documented_example(client: Client) -> None:
    """Sprint answers have no schema in the description, only an example."""
    operation = spec(AGILE)[0]["paths"]["/rest/agile/1.0/board/{boardId}/sprint"]["get"]
    example = json.loads(operation["responses"]["200"]["content"]["application/json"]["example"])
    page = client.get("/rest/agile/1.0/board/200/sprint").json
    assert page.keys() == example.keys()
    assert page["values"][0].keys() == example["values"][0].keys()
    assert client.get("/rest/agile/1.0/sprint/1").json == page["values"][0]


def test_a_simulated_portfolio_is_valid() -> None:
    site = WorldSite(Simulator(projects=6, days=300), ZoneInfo("Europe/Berlin"))
    with running(SandboxOptions(), site) as jira:
        client = Client(jira)
        for path, schema in META.items():
            assert_answer(client.get(f"/rest/api/3/{path}"), schema)
        for issue in client.get(
            "/rest/api/3/search/jql", jql="id > 0 ORDER BY updated DESC", fields="*all", expand="changelog",
            maxResults=40,
        ).json["issues"]:  # fmt: skip
            assert_issue(issue)


def test_bulk_issues_are_valid() -> None:
    with running(SandboxOptions(issues=1000)) as jira:
        client = Client(jira)
        jira.touch(3)
        for path, schema in META.items():
            assert_answer(client.get(f"/rest/api/3/{path}"), schema)
        asked = {"jql": "id > 0 ORDER BY updated DESC", "fields": ["*all"], "expand": "changelog", "maxResults": 30}
        for issue in client.post("/rest/api/3/search/jql", asked).json["issues"]:
            assert_issue(issue)


def test_recorded_data_is_valid(recorded: Client) -> None:
    for path, schema in META.items():
        many = {} if "?" in path else {"maxResults": 100}
        assert_answer(recorded.get(f"/rest/api/3/{path}", **many), schema)
    asked = {"fields": ["*all"], "expand": "changelog", "maxResults": 100}
    issues = recorded.search("project in (EE, K5)", **asked)
    assert len(issues) == 33
    for issue in [*issues, *recorded.search("project = CXX AND statusCategory != Done", **asked)]:
        assert_valid(issue, "IssueBean")
