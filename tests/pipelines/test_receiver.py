"""The receiver as a process and at its edges: what it serves, what it refuses, and that it starts light."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import ConfigurationError, HookError
from connectors.source import Delivery, Hint, Outcome, SiteConfig
from pipelines.receiver import Door, Receiver
from pipelines.resources import spool as spool_module
from pipelines.resources.landing import Landing
from pipelines.resources.locks import BusyError, hold
from pipelines.resources.spool import Spool, SpoolError
from pipelines.settings import Settings
from tests.connectors.jira.listening import SECRET, event, receiving, settings_of, signed
from tests.connectors.jira.listening import Door as Client
from tests.fixtures.sandbox import NOW

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("receiver")


@pytest.fixture(scope="module")
def door(home: Path) -> Iterator[Client]:
    with receiving(settings_of(home), lambda: NOW) as found:
        yield found


def delivery(body: bytes, identifier: str = "one") -> Delivery:
    headers = {name.lower(): (value,) for name, value in signed(body, identifier=identifier).items()}
    return Delivery("POST", "/jira/acme", (), headers, body)


def test_nonsense_unknown_sites_and_huge_bodies_are_refused(door: Client) -> None:
    assert door.post(b"[]", signed(b"[]")) == 400
    assert door.post(event(), signed(event()), url=door.url.replace("acme", "other")) == 404
    assert door.post(event(), signed(event()), url=door.url.replace("/jira/", "/registers/")) == 404
    huge = b" " * (32 * 1024 * 1024 + 1)
    assert door.post(huge, {}) == 413


def test_what_cannot_be_stored_is_to_be_sent_again(door: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body = event(webhookEvent="jira:issue_created")

    def refuse(*_: object) -> str:
        raise SpoolError("The disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(spool_module.Spool, "add", refuse)
        assert door.post(body, signed(body, identifier="again")) == 503
    assert door.post(body, signed(body, identifier="again")) == 202
    assert door.post(body, signed(body, identifier="again")) == 200


def test_without_a_secret_there_is_nothing_to_serve(tmp_path: Path) -> None:
    site = SiteConfig("jira", "acme", {"url": "https://acme.test", "email": "a", "api_token": "t"})
    settings = Settings(home=tmp_path, sources_dir=tmp_path, sites=(site, SiteConfig("registers", "r", {})))
    with pytest.raises(ConfigurationError, match=r"sites: acme.*webhook_secret"):
        Receiver(settings, print)


def test_beside_a_sandbox_the_receiver_takes_the_calendar_of_the_last_sync(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    receiver = Receiver(settings, print)
    door = receiver.doors["jira", "acme"]
    with pytest.raises(HookError):
        receiver._admit(door, delivery(event()))
    receiver._learned = float("-inf")  # half a minute later
    with Landing(settings.landing_dir).begin("jira", "acme") as writer:
        writer.commit(Outcome({}, "complete", server_time=NOW))
    assert receiver._admit(door, delivery(event()))


def test_a_door_forgets_what_would_be_refused_by_its_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.receiver._FORGET_EVERY", 3)
    door = Door(settings_of(tmp_path).sites[0], Spool(tmp_path, "jira", "acme"))
    for day in range(5):
        at = NOW + timedelta(days=2 * day)
        assert door.admit(delivery(event(timestamp=int(at.timestamp() * 1000)), f"{day}"), at)
    assert len(door._identifiers) == len(door._digests) == 1  # each time it holds three, all but the youngest go


@pytest.mark.slow
def test_the_command_serves_each_site_starts_light_and_stops_at_once(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("acme", "beta"):
        text = f"type: jira\nsite: {name}\nurl: https://{name}.test\nemail: a@b.c\napi_token: t\n"
        (sources / f"{name}.yaml").write_text(text + "webhook_secret: ${HOOK_SECRET}\n")
    program = (
        "import sys; from pipelines.cli import group; group(['webhooks', 'serve', '--port', '0'], "
        "standalone_mode=False); heavy = {'dagster', 'dbt', 'duckdb', 'pandas', 'pyarrow', 'jira', 'numpy'}; "
        "print('heavy', sorted(heavy & set(sys.modules)))"
    )
    here = {**os.environ, "SLIPSTREAM_HOME": str(tmp_path), "HOOK_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    here["PYTHONUNBUFFERED"] = "1"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=here) as child:
        assert child.stdout is not None
        ready = [child.stdout.readline().strip().removeprefix("ready ") for _ in range(2)]
        assert [address.rpartition("/")[2] for address in ready] == ["acme", "beta"]
        now = datetime.now(UTC)
        body = event(timestamp=int(now.timestamp() * 1000))
        client = Client(ready[0], [])
        assert client.post(body, signed(body)) == 202
        assert client.post(body, {}) == 401
        lock = Spool(tmp_path / "webhooks", "jira", "acme").lock
        with pytest.raises(BusyError, match="in use by 'webhooks serve'"), hold(lock, "test", 0.0, "The spool"):
            pass
        child.send_signal(signal.SIGTERM)
        assert child.stdout.readline() == "heavy []\n"
    assert child.returncode == 0
    (one,) = Spool(tmp_path / "webhooks", "jira", "acme").waiting()
    assert one.hint == Hint("jira:issue_updated", one.hint.at, ("10002",))
