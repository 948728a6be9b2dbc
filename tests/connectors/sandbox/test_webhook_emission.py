"""Webhooks as the sandbox sends them: which events, how they are signed, tried again, spoiled; and dynamic ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.sandbox.jira.emitter import Emitter
from connectors.sandbox.jira.happenings import Watcher
from connectors.sandbox.jira.subscriptions import LIFETIME
from connectors.sandbox.jira.world_site import FixedWorld, WorldSite
from connectors.sandbox.server import SandboxOptions, running
from connectors.sandbox.world import World
from tests.fixtures.sandbox import Client, make_issue, running_world, small_world


@dataclass
class Target:
    """A receiver that notes what comes and answers as it is told."""

    answers: list[int] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append((headers, await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    def emit(self, edit: Callable[[World], object], **options: Any) -> Counter[str]:
        """Make an edit on a small world and let an emitter send what it sees; how that went."""
        return asyncio.run(self._emit(edit, options))

    async def _emit(self, edit: Callable[[World], object], options: dict[str, Any]) -> Counter[str]:
        app = web.Application()
        app.add_routes([web.post("/hook", self.take)])
        async with TestServer(app) as server:
            site = _site(small_world())
            url = str(server.make_url("/hook"))
            emitter = Emitter(site, SandboxOptions(webhook_url=url, webhook_retry_seconds=0.0, **options))
            edit(site.world)
            site._load(1)
            emitter.look()
            await emitter.flush()
            return emitter.counts

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["webhookEvent"] for _, body in self.came]


def _site(world: World) -> Any:
    return WorldSite(FixedWorld(world), ZoneInfo("UTC"))


def _touch(count: int) -> Callable[[World], object]:
    def edit(world: World) -> None:
        for issue in list(world.issues.values())[:count]:
            issue.updated = world.now

    return edit


def test_every_kind_of_change_has_jiras_name() -> None:
    site = _site(small_world())
    watcher = Watcher(site)

    def moved(edit: Callable[[World], object]) -> list[str]:
        edit(site.world)
        site._load(site.index.version + 1)
        return [one.event for one in watcher.look()]

    version = next(iter(site.world.projects.values())).versions[0]
    assert moved(_touch(2)) == ["jira:issue_updated"] * 2
    assert moved(lambda world: make_issue(world, 99, world.projects[10_200])) == ["jira:issue_created"]
    assert moved(lambda world: world.issues.pop(10_099)) == ["jira:issue_deleted"]
    assert moved(lambda world: setattr(world.sprints[3], "state", "active")) == ["sprint_started"]
    assert moved(lambda world: setattr(world.sprints[3], "state", "closed")) == ["sprint_closed"]
    assert moved(lambda world: setattr(world.sprints[3], "name", "x")) == ["sprint_updated"]
    assert moved(lambda world: world.sprints.pop(3)) == ["sprint_deleted"]
    assert moved(lambda _: setattr(version, "released", True)) == ["jira:version_released"]
    assert moved(lambda _: setattr(version, "released", False)) == ["jira:version_unreleased"]
    assert moved(lambda _: setattr(version, "name", "x")) == ["jira:version_updated"]
    assert moved(lambda world: world.worklogs.pop(1)) == ["worklog_deleted"]
    assert moved(lambda world: setattr(world.projects[10_200], "name", "x")) == ["project_updated"]
    assert moved(lambda _: None) == []


def test_an_administrators_webhook_is_signed_over_its_body_and_tells_the_issue() -> None:
    target = Target()
    assert target.emit(_touch(1), webhook_secret="s3cret") == {"arrived": 1, "dropped": 0}
    ((headers, body),) = target.came
    assert headers["x-hub-signature"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert len(headers["x-atlassian-webhook-identifier"]) == 36
    told = json.loads(body)
    assert told["timestamp"] == int(small_world().now.timestamp() * 1000)
    assert (told["issue"]["id"], told["issue"]["fields"]["summary"]) == ("10001", "Work item 1")
    assert told["user"]["accountId"] == "acc-1"


def test_a_failed_delivery_is_tried_five_times_with_the_same_identifier_and_a_refused_one_once() -> None:
    target = Target(answers=[503, 429, 500, 200])
    assert target.emit(_touch(1)) == {"arrived": 1, "dropped": 0}
    assert [headers.get("x-atlassian-webhook-retry") for headers, _ in target.came] == [None, "1", "2", "3"]
    assert len({headers["x-atlassian-webhook-identifier"] for headers, _ in target.came}) == 1
    dead = Target(answers=[503] * 9)
    assert dead.emit(_touch(1)) == {"refused": 1, "dropped": 0}
    assert len(dead.came) == 5
    refused = Target(answers=[401])
    assert refused.emit(_touch(1)) == {"refused": 1, "dropped": 0}
    assert len(refused.came) == 1


def test_webhooks_are_lost_doubled_and_shuffled_on_demand() -> None:
    lost, doubled, shuffled = Target(), Target(), Target()
    assert lost.emit(_touch(5), webhook_drop=1.0) == {"dropped": 5}
    assert lost.came == []
    doubled.emit(_touch(5), webhook_duplicate=1.0)
    assert set(Counter(headers["x-atlassian-webhook-identifier"] for headers, _ in doubled.came).values()) == {2}
    shuffled.emit(_touch(8), webhook_reorder=True)
    ids = [json.loads(body)["issue"]["id"] for _, body in shuffled.came]
    assert ids != sorted(ids)
    assert sorted(ids) == [str(number) for number in range(10_001, 10_009)]


@pytest.fixture
def acme() -> Iterator[Client]:
    with running_world() as jira:
        jira.sandbox.emitter.held = True
        yield Client(jira)


def test_a_dynamic_webhook_tells_its_events_of_its_issues_until_it_ends(acme: Client) -> None:
    site: Any = acme.jira.site
    emitter = acme.jira.sandbox.emitter
    hooks = [{"events": ["jira:issue_updated"], "jqlFilter": "project = ALFA"}]
    acme.post("/rest/api/3/webhook", {"url": "http://127.0.0.1:9/hook", "webhooks": hooks})

    def edit(world: World, issue: int) -> None:
        world.now += timedelta(minutes=1)
        world.issues[issue].updated = world.now
        world.sprints[3].name += "x"
        site._load(site.index.version + 1)

    for issue in (10_001, 10_002):  # of BRAVO, and of ALFA
        acme.jira.change(lambda issue=issue: edit(site.world, issue))  # type: ignore[misc]
    (parcel,) = emitter.waiting
    assert json.loads(parcel.body)["matchedWebhookIds"] == [10_001]
    assert emitter.headers(parcel)["Authorization"].startswith("Bearer ey")
    assert "X-Hub-Signature" not in emitter.headers(parcel)
    emitter.waiting.clear()
    acme.jira.change(lambda: setattr(site.world, "now", site.world.now + LIFETIME))
    assert acme.get("/rest/api/3/webhook").json["values"] == []
    acme.jira.change(lambda: edit(site.world, 10_002))
    assert emitter.waiting == []


def test_a_touched_bulk_site_tells_each_issue() -> None:
    with running(SandboxOptions(issues=1000, webhook_url="http://127.0.0.1:9/hook")) as jira:
        jira.sandbox.emitter.held = True
        jira.touch(3)
        told = [json.loads(parcel.body) for parcel in jira.sandbox.emitter.waiting]
        assert [one["webhookEvent"] for one in told] == ["jira:issue_updated"] * 3
        assert Client(jira).get("/sandbox/webhooks").json["waiting"] == 3
