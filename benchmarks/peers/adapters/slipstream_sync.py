"""Slipstream's own command, `slipstream sync jira`, in a home of its own: landed as committed Parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from protocol import Jira, Row, become, main


def environment(site: Jira, out: Path) -> dict[str, str]:
    login = {"JIRA_URL": site.url, "JIRA_EMAIL": site.email, "JIRA_API_TOKEN": site.token}
    return {"SLIPSTREAM_HOME": str(out), **login}


def run(site: Jira, out: Path) -> int:
    become([sys.executable, "-m", "pipelines.cli", "sync", "jira"], **environment(site, out))


def count(out: Path) -> Iterable[Row]:
    """What is committed: files without a commit are as good as not there."""
    import pyarrow.parquet as pq

    entries: dict[str, list[str]] = {}
    issues: list[str] = []
    for commit in sorted((out / "landing" / "_commits").glob("*.json")):
        for file in json.loads(commit.read_bytes())["files"]:
            if file["stream"] not in ("issue", "issue_changelog"):
                continue
            for payload in pq.read_table(out / "landing" / file["path"], columns=["payload"])["payload"].to_pylist():
                record = json.loads(payload)
                key = record.get("id") or record["issueId"]
                issues += [key] if file["stream"] == "issue" else []
                entries.setdefault(key, []).extend(_histories(record))
    seen: Mapping[str, list[str]] = {key: list(dict.fromkeys(held)) for key, held in entries.items()}
    return [(key, seen[key]) for key in issues]


def _histories(record: Mapping[str, object]) -> list[str]:
    log = record.get("changelog")
    held = log["histories"] if isinstance(log, dict) else record.get("changeHistories")
    return [entry["id"] for entry in held] if isinstance(held, list) else []


if __name__ == "__main__":
    main(run, count)
