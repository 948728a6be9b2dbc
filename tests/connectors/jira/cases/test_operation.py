"""Cases 41 to 44: killed anywhere, two at once, secrets, load; the connector and the landing zone together."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass

import pytest

from connectors import registry
from connectors.sandbox.server import Running
from connectors.source import Batch
from pipelines.stages.sync import SiteBusyError, sync_site
from tests.connectors.jira.crashing import Forks, forks, places
from tests.connectors.jira.homes import Home
from tests.fixtures.sandbox import make_issue, running_world, small_world

AFTER = "landing.committed"  # the one place where the sync already exists
MOVED = "landing.moved"  # only where a source tells its time at the end, which Jira does not
MANY = {"sync.item": 8, "landing.flush": 5, "landing.part": 5, "store.draft": 2}  # places passed several times


@dataclass
class Week:
    """A home as of last week, a site that has moved on since, and what an undisturbed sync makes of the two."""

    jira: Running
    forks: Forks
    home: Home
    expected: dict

    def copy(self, folder):
        copied = Home(folder / "home", self.home.options)
        shutil.copytree(self.home.folder, copied.folder)
        return copied


def tables(home):
    """The landed records of every stream as the tables show them: what is there, each version once."""
    return {
        (stream, key): (version.payload_hash, version.payload)
        for (stream, key), version in home.held().items()
        if stream != "server"  # its clock ticks
    }


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    folder = tmp_path_factory.mktemp("week")
    world = small_world(40)
    make_issue(world, 2, world.projects[10_200], histories=120)
    home = Home(folder / "home")
    with running_world(world) as jira, forks() as warm:
        home.point_at(jira, page_size=5, in_flight=2)
        assert warm.sync(home).code == 0

        for number in (3, 4, 5):
            jira.do("update_issue", issue=10_000 + number, field="summary", value="Another summary")
        jira.do("update_issue", issue=10_002, field="priority", value="High")  # the one with the long changelog
        jira.do("delete_issue", issue=10_030)
        jira.do("delete_worklog", worklog=2)
        jira.do("close_sprint", sprint=2)
        jira.advance(1)
        calm = Home(folder / "calm", home.options)
        shutil.copytree(home.folder, calm.folder)
        assert warm.sync(calm).code == 0
        yield Week(jira, warm, home, tables(calm))


def _killed_and_run_again(week, folder, place):
    """Whether the place was reached; the rerun then gives what an undisturbed sync gives."""
    home = week.copy(folder)
    before = home.landing.commit_ids()
    ended = week.forks.sync(home, place)
    if not ended.was_killed:
        assert ended.code == 0, ended.said
        return False
    reached = home.landing.commit_ids()
    assert (len(reached) == len(before)) == (place != AFTER)
    if place != AFTER:
        assert home.checkpoint == week.home.checkpoint
    assert week.forks.sync(home).code == 0
    assert tables(home) == week.expected
    assert home.landing.verify() == []
    landed = {str(path) for path in (home.folder / "landing").rglob("*.parquet")}
    assert len(landed) == sum(len(commit.files) for commit in home.landing.commits())  # nothing of the killed one
    return True


@pytest.mark.parametrize("place", ["sync.item:6", "landing.part", AFTER])
def test_case_41_a_sync_killed_between_two_steps_ends_in_the_next_as_if_nothing_had_happened(week, tmp_path, place):
    assert _killed_and_run_again(week, tmp_path, place)


@pytest.mark.slow
@pytest.mark.parametrize("place", [place for place in places() if place != MOVED])
def test_case_41_wherever_and_however_late_it_is_killed_the_next_sync_gives_identical_tables(week, tmp_path, place):
    times = 0
    while _killed_and_run_again(week, tmp_path / str(times), place if times == 0 else f"{place}:{times + 1}"):
        times += 1
    assert times >= MANY.get(place, 1)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sync.item:4", "landing.part:2", "sync.certified", AFTER])
def test_case_41_a_first_sync_killed_anywhere_is_made_good_by_the_next(week, tmp_path, place):
    home = Home(tmp_path / "home")
    home.point_at(week.jira, page_size=5, in_flight=2)
    assert week.forks.sync(home, place).was_killed
    assert (home.checkpoint is None) == (place != AFTER)
    assert week.forks.sync(home).code == 0
    assert tables(home) == week.expected


def test_case_14_a_sync_killed_in_page_k_goes_on_from_the_checkpoint_and_not_from_a_lost_page(week, tmp_path):
    home = week.copy(tmp_path)
    assert week.forks.sync(home, "landing.part:3", full=True).was_killed  # some pages were on the disk already
    assert home.checkpoint == week.home.checkpoint
    assert week.forks.sync(home).code == 0
    assert tables(home) == week.expected
    issues = [version.key for version in home.versions_of(home.last) if version.stream == "issue"]
    assert sorted(map(int, issues)) == [10_002, 10_003, 10_004, 10_005, 10_030, 10_041]  # only what the week brought


class Halting:
    """The real connector, which stops after its first records until it is let go on."""

    def __init__(self, source):
        self.source, self.type, self.site, self.streams = source, source.type, source.site, source.streams
        self.is_under_way, self.may_go_on = threading.Event(), threading.Event()

    def sync(self, checkpoint, *, full=False):
        for item in self.source.sync(checkpoint, full=full):
            yield item
            if isinstance(item, Batch) and not self.is_under_way.is_set():
                self.is_under_way.set()
                assert self.may_go_on.wait(30)


@pytest.mark.parametrize("wait_seconds", [0.05, 30])
def test_case_42_of_two_syncs_at_once_the_second_leaves_or_waits_and_nothing_comes_twice(tmp_path, wait_seconds):
    home = Home(tmp_path / "home")
    with running_world() as jira:
        home.point_at(jira)
        first = Halting(registry.create(home.site, home.landing.clock()))
        patient = dict(home.environment, SLIPSTREAM_LOCK_WAIT=str(wait_seconds))
        ends = []

        def second():
            from pipelines.settings import load

            try:
                ends.append(sync_site(load(patient), home.site))
            except SiteBusyError as error:
                ends.append(error)

        running = threading.Thread(target=lambda: ends.append(home.sync(first)))
        running.start()
        assert first.is_under_way.wait(30)
        other = threading.Thread(target=second)
        other.start()
        if wait_seconds < 1:
            other.join()
            assert isinstance(ends[0], SiteBusyError)
            assert "in use by 'sync'" in str(ends[0])
        first.may_go_on.set()
        running.join()
        other.join()
        reports = [end for end in ends if not isinstance(end, SiteBusyError)]
    assert [report.status for report in reports] == ["complete"] * (1 if wait_seconds < 1 else 2)
    keys = [(version.stream, version.key) for version in home.versions()]
    assert len(keys) == len(set(keys))
    assert len([key for stream, key in keys if stream == "issue"]) == 24


def test_case_42_a_process_that_holds_the_site_keeps_another_process_out(week, tmp_path):
    from pipelines.resources.locks import hold

    home = week.copy(tmp_path)
    impatient = Home(home.folder, home.options)
    impatient.lock_wait = 0.05
    with hold(home.folder / "landing" / "_locks" / "jira-acme.lock", "sync", 1, "The site 'acme'"):
        ended = week.forks.sync(impatient)
    assert ended.code == 4
    assert "The site 'acme' is in use by 'sync' (process " in ended.said
    assert home.landing.commit_ids() == week.home.landing.commit_ids()
