"""The `jira` library as its users page with it: plain JSON, a hundred a page, nothing landed but the ids.

`json_result=True`, because its Resource objects are several times slower; changelogs are those inside the issues.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from protocol import Jira, Row, main

_JQL = "created >= 0 ORDER BY created ASC"


def run(site: Jira, out: Path) -> int:
    from jira import JIRA

    client = JIRA(site.url, basic_auth=(site.email, site.token), options={"rest_api_version": "3"})
    page = None
    with (out / "seen.jsonl").open("w") as seen:
        while True:
            answer = client.enhanced_search_issues(
                _JQL, nextPageToken=page, maxResults=100, fields="*all", expand="changelog", json_result=True
            )
            for issue in answer["issues"]:
                seen.write(json.dumps([issue["id"], [entry["id"] for entry in issue["changelog"]["histories"]]]) + "\n")
            page = answer.get("nextPageToken")
            if not page:
                return 0


def count(out: Path) -> Iterable[Row]:
    found = out / "seen.jsonl"
    lines = found.read_text().splitlines() if found.exists() else []
    for line in lines:
        issue, entries = json.loads(line)
        yield issue, entries


if __name__ == "__main__":
    main(run, count)
