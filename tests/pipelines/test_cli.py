"""The command line: one clear message and an exit code for whatever goes wrong, never a traceback or a secret."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Running
from tests.fixtures.sandbox import running_world, small_world
from tests.fixtures.warehouse import parsed_target

ROOT = Path(__file__).parents[2]
TOKEN = "very-secret-token"


def slipstream(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLIPSTREAM_", "JIRA_"))}
    clean |= {"SLIPSTREAM_HOME": str(home), "SLIPSTREAM_LOCK_WAIT": "0.2", "COLUMNS": "200", **environment}
    command = [sys.executable, "-m", "pipelines.cli", *arguments]
    return subprocess.run(command, env=clean, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def login(jira: Running, **changes: str) -> dict[str, str]:
    return {"JIRA_URL": jira.url, "JIRA_EMAIL": jira.email, "JIRA_API_TOKEN": jira.token, **changes}


@pytest.fixture(scope="module")
def jira() -> Iterator[Running]:
    with running_world(small_world()) as running:
        yield running


@pytest.fixture(scope="module")
def web_page() -> Iterator[str]:
    """A web server that is no Jira."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr + done.stdout
    said = " ".join(done.stderr.split())
    for word in words:
        assert word in said


def test_without_any_source_it_says_how_to_add_one(tmp_path: Path) -> None:
    refused(slipstream(tmp_path, "run"), "No source is configured", "JIRA_URL", "slipstream demo")


def test_a_half_set_login_names_what_is_missing(tmp_path: Path) -> None:
    refused(slipstream(tmp_path, "sync", "jira", JIRA_URL="http://127.0.0.1:9"), "JIRA_EMAIL", "JIRA_API_TOKEN")


def test_a_wrong_token_is_told_without_showing_it(tmp_path: Path, jira: Running) -> None:
    done = slipstream(tmp_path, "sync", "jira", **login(jira, JIRA_API_TOKEN=TOKEN))
    refused(done, "401", "token")
    assert not list((tmp_path / "landing").glob("_commits/*.json"))


def test_an_address_that_is_no_jira_is_told(tmp_path: Path, jira: Running, web_page: str) -> None:
    refused(slipstream(tmp_path, "sync", "jira", **login(jira, JIRA_URL=web_page)), web_page)


def test_a_site_nobody_knows_is_told_with_the_known_ones(tmp_path: Path, jira: Running) -> None:
    refused(slipstream(tmp_path, "sync", "nowhere", **login(jira)), "nowhere", "jira")


def test_an_as_of_that_is_no_date_is_refused(tmp_path: Path, jira: Running) -> None:
    done = slipstream(tmp_path, "run", "--as-of", "yesterday", **login(jira))
    assert done.returncode == 2
    assert "yesterday" in done.stderr


def test_doctor_passes_a_good_site_and_fails_a_bad_token_with_a_remedy(tmp_path: Path, jira: Running) -> None:
    good = slipstream(tmp_path, "doctor", **login(jira))
    assert good.returncode == 0, good.stdout + good.stderr
    assert "FAIL" not in good.stdout
    bad = slipstream(tmp_path, "doctor", **login(jira, JIRA_API_TOKEN=TOKEN))
    assert bad.returncode == 1
    assert "FAIL" in bad.stdout
    assert "→" in bad.stdout
    assert TOKEN not in bad.stdout + bad.stderr


def test_sync_json_holds_the_certificates_and_a_second_sync_finds_nothing(tmp_path: Path, jira: Running) -> None:
    done = slipstream(tmp_path, "sync", "jira", "--json", **login(jira))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "complete"
    assert report["rows"]["issue"] == 24
    issue = [c for c in report["certificates"] if c["stream"] == "issue"]
    assert {c["status"] for c in issue} == {"complete"}
    assert sum(c["held_count"] for c in issue) == 24
    again = json.loads(slipstream(tmp_path, "sync", "jira", "--json", **login(jira)).stdout)
    assert again["rows"].get("issue", 0) == 0


def test_one_dead_site_does_not_keep_the_others_from_being_synced(tmp_path: Path, jira: Running) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    good = f"type: jira\nsite: second\nurl: {jira.url}\nemail: {jira.email}\napi_token: {jira.token}\n"
    (sources / "first.yaml").write_text(good.replace("second", "first").replace(jira.token, TOKEN))
    (sources / "second.yaml").write_text(good)
    done = slipstream(tmp_path, "sync", "jira")
    refused(done, "first:", "401")
    assert "second: complete" in done.stdout


@pytest.mark.slow
def test_a_run_with_a_wrong_token_ends_at_once_and_says_so(
    tmp_path: Path, jira: Running, request: pytest.FixtureRequest
) -> None:
    parsed_target(request.config, tmp_path)
    before = jira.requests
    refused(
        slipstream(tmp_path, "run", **login(jira, JIRA_API_TOKEN=TOKEN)),
        "401",
        "what was published before stands",
    )
    assert jira.requests - before < 6


def test_verify_names_a_damaged_landing_file(tmp_path: Path, jira: Running) -> None:
    assert slipstream(tmp_path, "sync", "jira", **login(jira)).returncode == 0
    assert slipstream(tmp_path, "verify").returncode == 0
    victim = next((tmp_path / "landing" / "jira").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-10])
    refused(slipstream(tmp_path, "verify"), victim.name, "Restore it from your backup")


def test_status_before_anything_is_published_says_what_to_run(tmp_path: Path) -> None:
    refused(slipstream(tmp_path, "status"), "Nothing is published", "slipstream demo")


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = slipstream(tmp_path, "--help")
    for command in ("demo", "run", "sync", "doctor", "sandbox", "build", "forecast", "dev", "status"):
        assert command in done.stdout
