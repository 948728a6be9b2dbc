"""Case 43: the token and the account never leave the session: not in errors, logs, files, events, metadata or URLs."""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from connectors.errors import SourceError
from connectors.sandbox.jira.app import Wire
from pipelines.line import Line
from pipelines.settings import load
from tests.connectors.jira.homes import Home, slipstream
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import running_world
from tests.fixtures.warehouse import parsed_target

TOKEN = "ATATT-very/secret+token=1F"
WRONG = "ATATT-mistyped/secret+token=2E"
FAULTS = ["401@2+", "502@2+", "html200@3+", "truncated@4+", "reset@2+", "429_garbage@3+", "400@/search/jql:1+"]


def _spellings(email, token):
    """The forms in which a token travels and might be written down."""
    pair = b64encode(f"{email}:{token}".encode()).decode()
    return {token, quote(token), quote(token, safe=""), json.dumps(token)[1:-1], pair, pair.rstrip("=")}


@pytest.mark.parametrize("fault", FAULTS)
def test_case_43_no_error_log_or_traceback_holds_a_secret(fault, caplog):
    caplog.set_level(logging.DEBUG)
    with site(faults=(fault,)) as acme:
        source = connect(acme.jira.url, [], acme.jira.email, acme.jira.token)
        secrets = _spellings(acme.jira.email, acme.jira.token)
        try:
            told = collect(source.sync(None)).outcome.detail
        except SourceError as error:
            told = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    for secret in secrets:
        assert secret not in told
        assert secret not in caplog.text


def test_case_43_reprs_of_settings_and_source_hold_no_secret():
    source = connect("https://acme.atlassian.net", [], "pmo@acme.example", TOKEN)
    for thing in (source, source._settings):
        assert TOKEN not in repr(thing)


def test_case_43_the_checkpoint_holds_no_secret():
    with site() as acme:
        text = str(acme.sync().checkpoint)
        assert not any(secret in text for secret in _spellings(acme.jira.email, acme.jira.token))


def _written(home):
    """Everything under the home, each Parquet file also as text (its pages are compressed)."""
    for path in sorted(home.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()
        if path.suffix == ".parquet":
            yield path, json.dumps(pq.read_table(path).to_pylist(), default=str).encode()


@pytest.mark.parametrize("fault", ["403_echo@/versions:1", "403_echo@/sprint:1", "403_long_echo@/versions:1+"])
def test_case_43_a_proxy_that_repeats_the_sign_in_puts_it_nowhere(tmp_path, monkeypatch, capfd, fault):
    home = Home(tmp_path / "home")
    with running_world(token=TOKEN, faults=(fault,)) as jira:
        home.point_at(jira)
        secrets = {form.encode() for form in _spellings(jira.email, TOKEN)} | {TOKEN[:9].encode()}
        (home.folder / "sources" / "acme.yaml").unlink()
        monkeypatch.setenv("JIRA_URL", jira.url)
        monkeypatch.setenv("JIRA_EMAIL", jira.email)
        monkeypatch.setenv("JIRA_API_TOKEN", TOKEN)
        assert slipstream(home, monkeypatch, "sync", "jira", "--json") == 3
    said = capfd.readouterr()
    assert "Refused by policy" in said.out
    written = {str(path): content for path, content in _written(home)} | {"said": (said.out + said.err).encode()}
    assert [path for path, content in written.items() if any(one in content for one in secrets)] == []


@pytest.fixture
def addresses(monkeypatch):
    """Every address that the sandbox is asked for."""
    found, pass_through = [], Wire.pass_through

    async def note(self, request, handler):
        found.append(str(request.url))
        return await pass_through(self, request, handler)

    monkeypatch.setattr(Wire, "pass_through", note)
    return found


@pytest.mark.slow
def test_case_43_no_file_event_log_or_address_of_a_right_or_wrong_run_holds_a_secret(
    tmp_path, request, monkeypatch, caplog, capfd, addresses
):
    from pipelines.run import run_job

    caplog.set_level(logging.DEBUG)
    home = Home(tmp_path / "home")
    parsed_target(request.config, home.folder)
    codes, runs = [], []
    with running_world(token=TOKEN) as jira:
        monkeypatch.setenv("JIRA_URL", jira.url)
        monkeypatch.setenv("JIRA_EMAIL", jira.email)
        for token in (WRONG, TOKEN):
            monkeypatch.setenv("JIRA_API_TOKEN", token)
            codes.append(slipstream(home, monkeypatch, "sync", "jira", "--json"))
            codes.append(slipstream(home, monkeypatch, "doctor") if token == WRONG else 0)
            runs.append(run_job("sync_jira", Line.of(load())))
    assert codes == [1, 1, 0, 0]
    assert [run.ok for run in runs] == [False, True]
    assert len(addresses) > 40
    said = capfd.readouterr()
    texts = {"stdout": said.out, "stderr": said.err, "log": caplog.text, "addresses": "\n".join(addresses)}
    texts |= {f"run {number}": repr(run) for number, run in enumerate(runs)}
    places = {name: text.encode() for name, text in texts.items()}
    written = list(_written(home))
    assert {path.suffix for path, _ in written} >= {".parquet", ".json", ".db"}
    secrets = {form.encode() for token in (TOKEN, WRONG) for form in _spellings(jira.email, token)}
    leaks = {str(path) for path, content in [*written, *places.items()] if any(one in content for one in secrets)}
    assert leaks == set()
