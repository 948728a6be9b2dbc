"""Extract + land, full dbt build and one-issue incremental build, each in a child, against the sandbox's bulk mode.

    python benchmarks/line.py 10000 100000

The peer of the extract is a plain page loop of the `jira` library that lands nothing; the peer of the
incremental build is the full build on the same rows.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bulk_sandbox import bulk_sandbox
from measure import Measured, child, report

PLAIN_LOOP = """
import sys
from jira import JIRA
url, email, token = sys.argv[1:4]
jira = JIRA(url, basic_auth=(email, token), options={"rest_api_version": "3"})
seen, page = 0, None
while True:
    answer = jira.enhanced_search_issues("created >= 0 order by id", nextPageToken=page, maxResults=100, fields="*all",
                                         expand="changelog", json_result=True)
    seen += len(answer["issues"])
    page = answer.get("nextPageToken")
    if not page:
        break
print(seen)
"""


def model_seconds(measured: Measured) -> float:
    """The sum of the models' own times: what `slipstream build --json` says, tests apart."""
    return sum(json.loads(line)["model_seconds"] for line in measured.output.splitlines() if line.startswith("{"))


def bench(issues: int) -> None:
    slipstream = [sys.executable, "-m", "pipelines.cli"]
    with tempfile.TemporaryDirectory() as home, bulk_sandbox(issues) as site:
        env = site.environment(home)
        plain = child([sys.executable, "-c", PLAIN_LOOP, site.url, site.email, site.token], env)
        loop_rate = round(issues / plain.seconds, 1)
        landed = child([*slipstream, "sync", "jira", "--full", "--json"], env)
        peer = {"name": "plain jira page loop, nothing landed", "rate": loop_rate}
        report("extract_and_land", issues, "issues", landed, peer=peer)
        full = child([*slipstream, "build", "--json"], env)
        full_seconds = model_seconds(full)
        report("dbt_full_build", issues, "issues", full, seconds=full_seconds, wall_seconds=round(full.seconds, 2))
        site.touch(1)
        child([*slipstream, "sync", "jira", "--json"], env)
        one = child([*slipstream, "build", "--json"], env)
        report(
            "dbt_incremental_build_one_issue",
            1,
            "issues",
            one,
            seconds=model_seconds(one),
            wall_seconds=round(one.seconds, 2),
            peer={"name": "full build on the same rows", "seconds": round(full_seconds, 3)},
        )


if __name__ == "__main__":
    for count in [int(text) for text in sys.argv[1:]] or [10_000, 100_000]:
        bench(count)
