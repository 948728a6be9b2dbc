"""The state machine: a Jira to which anything may happen, syncs that may be killed, and the contract of every sync.

The rules and what they assert are here; how many runs there are, and of what kind, is in `test_jira_state_machine`.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from connectors import registry
from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.server import Running
from tests.connectors.jira.crashing import Forks, places
from tests.connectors.jira.happenings import happen
from tests.connectors.jira.homes import Home
from tests.connectors.jira.twin import Copy, Source, landed_face
from tests.fixtures.sandbox import Walking, make_issue, small_world

LOOKBACK = timedelta(minutes=10)
LAGS = (0, 20, 300)
PAUSES = (0, 0, 0.5, 20.0, 59.9, 61.0, 240.0, 601.0, 4_000.0, 90_000.0)
PLACES = places()
ZONES = ("Europe/Berlin", "UTC", "Asia/Kolkata", "America/New_York")

seeds = st.integers(0, 2**32)


def nothing_more(_home: Home, _source: Source) -> None:
    """A run ends with its last sync."""


@dataclass
class Bench:
    """What all runs share: one sandbox whose site is exchanged for each run, and one warm process."""

    jira: Running
    forks: Forks
    seen: Counter[str] = field(default_factory=Counter)
    chance: int = 0
    begun: Home | None = None
    at_the_end: Callable[[Home, Source], None] = nothing_more


class Midway:
    """The real connector; something happens at the source after its n-th item."""

    def __init__(self, source: Any, item: int, work: Callable[[], object]) -> None:
        self.source, self.type, self.site, self.streams = source, source.type, source.site, source.streams
        self.item, self.work = item, work

    def sync(self, before: Any, *, full: bool = False) -> Any:
        for number, item in enumerate(self.source.sync(before, full=full)):
            if number == self.item:
                self.work()
            yield item

    def changed(self, before: Any) -> bool:
        return bool(self.source.changed(before))

    def check(self) -> Any:
        return self.source.check()


class JiraMachine(RuleBasedStateMachine):
    """One run: a small world with two projects, a home, and what happens to both."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        world = small_world(16)
        make_issue(world, 2, world.projects[10_200], histories=45)  # more than a fetch by id embeds
        self.source = Source(WorldSite(Walking(world), ZoneInfo("Europe/Berlin")))
        self.bench.jira.change(lambda: setattr(self.bench.jira.sandbox, "site", self.source.site))
        self.source.note()
        self.folder = Path(tempfile.mkdtemp(prefix="slipstream-machine-"))
        self.home = Home(self.folder)
        self._begin()
        self.copy = Copy(self.home)
        self.steps = 0
        self.homes: dict[int, str] = {}  # of each issue that was ever held, the project where it was last seen
        self.gone: set[int] = set()  # issues that were deleted at the source once, for whatever time

    def _begin(self) -> None:
        """Every run begins with the same first sync, so it is done once and copied."""
        if self.bench.begun is None:
            self.home.point_at(self.bench.jira, page_size=5, in_flight=2)
            self.home.sync()
            self.bench.begun = Home(Path(tempfile.mkdtemp(prefix="slipstream-begun-")), self.home.options)
            shutil.copytree(self.home.folder, self.bench.begun.folder, dirs_exist_ok=True)
        else:
            self.home.options = self.bench.begun.options
            shutil.copytree(self.bench.begun.folder, self.home.folder, dirs_exist_ok=True)

    def _random(self, seed: int) -> random.Random:
        """Hypothesis likes to draw a number again; the step and the kind of run make another one of it."""
        self.steps += 1
        return random.Random(f"{self.bench.chance} {self.steps} {seed}")

    @initialize(first=st.sampled_from((False, False, False, True)), lag=st.sampled_from(LAGS))
    def the_site_is_new_or_known(self, first: bool, lag: int) -> None:
        if first:
            shutil.rmtree(self.folder / "landing")
            shutil.rmtree(self.folder / "ledger")
        else:
            self._holds(self.source.site.now, "complete", None)
        self._switch("set_index_lag", seconds=lag)

    # what happens at the source

    def _change(self, seed: int) -> None:
        draw, happened = self._random(seed), list[str]()

        def work() -> None:
            self.source.site.do("pass_time", seconds=draw.choice(PAUSES))
            happened.extend(happen(self.source.site, draw))
            self.source.site.do("pass_time", seconds=draw.choice(PAUSES))
            self.source.note()

        self.bench.jira.change(work)
        note(f"happened: {', '.join(happened)}")
        self.bench.seen.update(happened)
        self.gone |= self.source.site.world.deleted

    def _switch(self, name: str, **args: Any) -> None:
        self.bench.jira.do(name, **args)

    @rule(seed=seeds)
    def something_happens(self, seed: int) -> None:
        self._change(seed)

    @rule(seconds=st.sampled_from(LAGS), zone=st.sampled_from(ZONES))
    def the_index_lags_and_the_user_travels(self, seconds: int, zone: str) -> None:
        self._switch("set_index_lag", seconds=seconds)
        self._switch("set_time_zone", zone=zone)

    # syncs

    @rule(full=st.booleans())
    def sync(self, full: bool) -> None:
        began = self.source.site.now
        report = self.home.sync(full=full)
        self._holds(began, report.status, report.certificates)

    @rule(item=st.integers(0, 14), seed=seeds)
    def sync_while_something_happens(self, item: int, seed: int) -> None:
        began = self.source.site.now
        connector = registry.create(self.home.site, self.home.landing.clock())
        report = self.home.sync(Midway(connector, item, lambda: self._change(seed)))
        self._holds(began, report.status, report.certificates)

    @rule(seed=seeds, full=st.booleans())
    def sync_and_be_killed(self, seed: int, full: bool) -> None:
        draw = self._random(seed)
        place = draw.choice((f"any:{draw.randint(1, 30)}", draw.choice(PLACES)))
        note(f"killed at {place}, if it is reached")
        began, before, commits = self.source.site.now, self.home.checkpoint, self.home.landing.commit_ids()
        ended = self.bench.forks.sync(self.home, place, full=full)
        self.bench.seen["killed" if ended.was_killed else "not killed"] += 1
        assert ended.was_killed or ended.code == 0, ended.said
        last = self.home.last
        if self.home.landing.commit_ids() == commits:
            assert ended.was_killed
            assert self.home.checkpoint == before
        else:
            assert last is not None
            assert self.home.landing.commit_ids() == [*commits, last.sync_id]
            self._holds(began, last.status, None)

    # the contract

    def _holds(self, began: datetime, status: str, certificates: Any) -> None:
        """What is true after every committed sync, quiet or not."""
        self.bench.seen[status] += 1
        lag = timedelta(seconds=self.source.site.lag.seconds)
        news = self.copy.read()
        tally = Counter((version.stream, version.key, version.payload_hash, version.deleted) for version in news)
        # what is back in sight is asked for by id and may come by search, or by the feed, too: still one version
        twice = [key for key, times in tally.items() if times > 1 and key[0] not in ("issue", "worklog")]
        assert not twice, f"one sync landed the same twice: {twice}"
        for version in news:
            if version.stream == "issue" and not version.deleted:
                number = int(version.key)
                assert self.source.was_current(number, landed_face(version), began - lag), f"{number} never was so"
        held = self.copy.issues()
        assert self.copy.remembered() == held.keys(), "the checkpoint knows more, or less, than what is committed"
        self.homes |= {number: face[1] for number, face in held.items()}
        lost = self.homes.keys() - held.keys() - self.gone
        # what moved from a project in sight to where nothing is to be seen looks deleted, whoever asks
        buried = {number for number in lost if not self.source.is_away(number, self.homes[number])}
        assert not buried, f"nobody deleted {buried}, and they are no longer held"
        assert status in ("complete", "partial")
        if certificates is not None:
            self._is_honest(status, certificates)

    def _is_honest(self, status: str, certificates: Any) -> None:
        proofs = [proof for proof in certificates if proof.stream == "issue"]
        tally = Counter(face[1] for face in self.copy.issues().values())
        assert {proof.scope_id: proof.held_count for proof in proofs if proof.held_count} == dict(tally)
        assert (status == "partial") == any(proof.status == "partial" for proof in certificates)

    def _quiet(self) -> None:
        """Nothing happens for one lookback; then the copy is the source, but for what the certificate explains."""
        self._switch("pass_time", seconds=LOOKBACK.total_seconds() + self.source.site.lag.seconds + 61)
        began = self.source.site.now
        report = self.home.sync()
        self._holds(began, report.status, report.certificates)
        held, there = self.copy.issues(), self.source.issues
        findable = {number for number in there if self.source.site.world.issues[number].archived_at is None}
        assert {number: held.get(number) for number in findable | (there.keys() & held.keys())} == {
            number: face for number, face in there.items() if number in findable or number in held
        }
        came = self.copy.histories()
        assert {number: came[number] for number in findable} == {
            number: self.source.histories(number) for number in findable
        }
        explained = {entry["id"] for proof in report.certificates for entry in proof.missing if "id" in entry}
        unseen = {number for number, face in held.items() if number not in there}
        assert unseen <= {int(one) for one in explained if one.isdigit()}, "held, not there, and no word of it"
        if report.status == "complete":
            closed = self.source.closed
            assert all(int(held[number][1]) in closed for number in unseen), "called complete without reason"
        elif not (unseen or self.source.site.world.unbrowsable):
            raise AssertionError(f"called partial without reason: {report.detail}")
        self._is_whole(set(findable))

    def _is_whole(self, findable: set[int]) -> None:
        """Worklogs and dimensions, as far as they can be seen."""
        there = {key: value for key, value in self.source.worklogs.items()}
        seen = self.copy.worklogs(set(self.source.issues))
        assert seen == there
        told = self.source.dimensions
        mine = self.copy.dimensions()
        assert {name: mine.get(name) for name in told} == told

    def teardown(self) -> None:
        try:
            self._quiet()
            self.bench.at_the_end(self.home, self.source)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
