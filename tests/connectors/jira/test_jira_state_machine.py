"""Whatever happens at the source and wherever a sync is killed: the contract of every sync holds, nothing is lost.

10 runs with the fast tests, 50 with the journeys, 1,000 with `--hypothesis-profile=nightly`.
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.connectors.jira.crashing import forks
from tests.connectors.jira.homes import Home
from tests.connectors.jira.machine import Bench, JiraMachine, nothing_more
from tests.connectors.jira.staged import Staging
from tests.connectors.jira.twin import Copy, Source
from tests.fixtures.sandbox import running_world
from tests.fixtures.warehouse import parsed_target

NIGHTLY = 1_000
OF_A_KIND = 10


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running_world() as jira, forks() as warm:
        bench = Bench(jira, warm)
        yield bench
        if bench.begun is not None:
            shutil.rmtree(bench.begun.folder)


def play(bench: Bench, runs: int) -> None:
    """Play so many runs, ten of a kind, for hypothesis varies what it drew. By day the same ones, others at night."""
    first = random.SystemRandom().randrange(2**32) if is_night() else 0
    for bench.chance in range(first, first + runs // OF_A_KIND):
        machine = seed(bench.chance)(type("Machine", (JiraMachine,), {"bench": bench}))
        try:
            run_state_machine_as_test(machine, settings=CHOSEN)
        except BaseException as error:
            error.add_note(f"chance {bench.chance}")
            raise


CHOSEN = settings(
    max_examples=OF_A_KIND,
    stateful_step_count=7,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # a run is short enough to be read as it is
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def is_night() -> bool:
    return settings.get_current_profile_name() == "nightly"


def test_whatever_happens_the_copy_is_the_source_after_one_quiet_lookback(bench: Bench) -> None:
    play(bench, 10)
    assert bench.seen["killed"]


@pytest.mark.slow
def test_after_some_runs_the_tables_that_dbt_builds_are_the_source(
    bench: Bench, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    staging = Staging(tmp_path, parsed_target(request.config, tmp_path))

    turns = itertools.count()

    def compare(home: Home, source: Source) -> None:
        if next(turns) % 3:
            return  # a build takes seconds, a run a fraction of one
        built = staging.of(home, f"{source.site.now:%Y-%m-%d %H:%M:%S}")
        shown = {number: face for number, face in source.issues.items() if number in Copy(home).refreshed().issues()}
        rows = {int(row[0]): row[1:] for row in built.issues()}
        assert len(rows) == len(built.issues()), "an issue stands twice in the tables"
        assert {number: rows.get(number) for number in shown} == {
            number: (key, f"acme:{project}", summary, status, f"{updated:%Y-%m-%dT%H:%M:%S.%f}"[:-3])
            for number, (key, project, summary, status, _, updated) in shown.items()
        }
        sprints = built.latest("stg_jira__sprint", "native_id", "sprint_name", "state")
        told = {key: face for (stream, key), face in source.dimensions.items() if stream == "sprint"}
        assert {key: sprints.get(key) for key in told} == told
        worklogs = built.latest("stg_jira__worklog", "native_id", "spent_seconds")
        assert {key: worklogs.get(key) for key in source.worklogs} == {
            key: (seconds,) for key, seconds in source.worklogs.items()
        }

    bench.at_the_end = compare
    try:
        play(bench, 100 if is_night() else 10)
    finally:
        bench.at_the_end = nothing_more
    assert bench.seen["complete"]


@pytest.mark.slow
def test_in_many_runs_nothing_is_lost_nothing_comes_twice_and_every_status_is_honest(bench: Bench) -> None:
    play(bench, NIGHTLY if is_night() else 50)
