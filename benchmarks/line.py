"""Extract + land, full dbt build and one-issue incremental build, each in a child, against the sandbox's bulk mode.

    python benchmarks/line.py 10000 100000

The peer of the extract is a plain page loop of the `jira` library that lands nothing; the peer of the
incremental build is the full build on the same rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
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


@contextmanager
def sandbox(issues: int) -> Iterator[tuple[str, str, str]]:
    """A sandbox in bulk mode: its address, e-mail and token."""
    command = [sys.executable, "-m", "pipelines.cli", "sandbox", "jira", "--port", "0", "--issues", str(issues)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stdout or ())
            url = next(line for line in lines if line.startswith("ready ")).split()[1]
            words = next(lines).split()
            yield url, words[3], words[-1]
        finally:
            process.terminate()


def touch(url: str, email: str, token: str, count: int) -> None:
    """Have `count` issues change at the source."""
    request = urllib.request.Request(f"{url}/sandbox/touch?count={count}", method="POST")
    request.add_header("Authorization", "Basic " + b64encode(f"{email}:{token}".encode()).decode())
    urllib.request.urlopen(request).read()


def model_seconds(measured: Measured) -> float:
    """The sum of the models' own times: what `slipstream build --json` says, tests apart."""
    return sum(json.loads(line)["model_seconds"] for line in measured.output.splitlines() if line.startswith("{"))


def bench(issues: int) -> None:
    slipstream = [sys.executable, "-m", "pipelines.cli"]
    with tempfile.TemporaryDirectory() as home, sandbox(issues) as (url, email, token):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("SLIPSTREAM_", "JIRA_"))}
        env |= {"SLIPSTREAM_HOME": home, "JIRA_URL": url, "JIRA_EMAIL": email, "JIRA_API_TOKEN": token}
        plain = child([sys.executable, "-c", PLAIN_LOOP, url, email, token], env)
        loop_rate = round(issues / plain.seconds, 1)
        landed = child([*slipstream, "sync", "jira", "--full", "--json"], env)
        peer = {"name": "plain jira page loop, nothing landed", "rate": loop_rate}
        report("extract_and_land", issues, "issues", landed, peer=peer)
        full = child([*slipstream, "build", "--json"], env)
        full_seconds = model_seconds(full)
        report("dbt_full_build", issues, "issues", full, seconds=full_seconds, wall_seconds=round(full.seconds, 2))
        touch(url, email, token, 1)
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
