"""kill -9 between any two steps of the whole line: the next run ends as if nothing had happened.

A week after a first run, a copy of its home is killed at one place and run again; what it then publishes is compared
with a copy that was left in peace. The places are read from the code, so that a new one is tested by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from connectors.sandbox.server import Running
from pipelines.settings import load
from tests.journeys import line_home
from tests.journeys.line_home import ROOT, Slipstream, Watch, copy_home

pytestmark = pytest.mark.slow

# `line.` places are passed once a layer, gate or model: some later passes too. The inner steps of a sync and of a
# publish have tests of their own (tests/pipelines/crash); here it is their ends, where the next stage begins.
LATER = ("line.model:20", "line.layer:3", "line.judged:2", "landing.committed", "landing.committed:2")
ENDS = ("publish.begin", "publish.swapped")
TELLING = ("line.sent",)  # needs a channel: a test of its own
OFTEN = ("landing.committed", "publish.swapped")
REBUILDING = ("line.rebuilt", "line.replayed")  # reached by full rebuilds only: test_build_anew

# What says which run said it, or when, and so differs between any two runs of the same state. `recorded_at` and
# `known_from` of what a source told are instants of syncs; those of what we said, of the run itself.
OF_THE_RUN = {"run_id", "sync_id", "result_id", "completeness_id", "recorded_at", "known_from", "known_to"}
# How long ago the source was asked, measured by the wall clock.
OF_THE_RUN |= {"lag_seconds"}
# The rows of findings that a number comes from are told by the run that found them.
NAMES_THE_RUN = {"rpt_executive_fact": {"source_keys"}}
# Every run says these anew, so a killed one leaves a former statement more: what holds now is compared.
SAID_AGAIN = {"fct_completeness", "fct_expectation_result"}
# A deletion is told once, by the sync that found it: it is on record, whichever run that was.
FOUND_ONCE = {"fct_completeness": {"missing", "detail"}, "fct_missing_record": {"missing_record_id", "is_current"}}


def places() -> list[str]:
    text = "".join(path.read_text() for path in sorted((ROOT / "pipelines").rglob("*.py")))
    found = set(re.findall(r'crashpoint\("(line\.[^"]+)"\)', text)) - {*TELLING, *REBUILDING}
    return sorted({*found, *LATER, *ENDS})


def marked() -> list[object]:
    """All of them each night, of each kind of place one whenever something changes."""
    return [place if place in OFTEN else pytest.param(place, marks=pytest.mark.nightly) for place in places()]


@dataclass
class Week:
    """A home a week after its first run, and what an undisturbed run then publishes."""

    jira: Running
    slipstream: Slipstream
    home: Path
    expected: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder = tmp_path_factory.mktemp("crashes")
    with line_home.portfolio() as (jira, simulator), line_home.slipstream(folder) as slipstream:
        home = line_home.new_home(folder / "home", line_home.two_sites(jira))
        line_home.write_register(simulator, home)
        first = slipstream(home, "run")
        assert first.code == 0, first.said
        jira.advance(7)
        line_home.write_register(simulator, home)
        calm = copy_home(home, folder / "calm")
        second = slipstream(calm, "run")
        assert second.code == 0, second.said
        yield Week(jira, slipstream, home, published(calm))


def published(home: Path) -> dict[str, pd.DataFrame]:
    """The released tables without what only names the run, in an order of their own."""
    parquet = home / "published" / "current" / "parquet"
    return {path.stem: plain(pd.read_parquet(path), path.stem) for path in sorted(parquet.glob("*/*.parquet"))}


def plain(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if name in SAID_AGAIN:
        frame = frame[frame["is_current"]]
    left_out = OF_THE_RUN | FOUND_ONCE.get(name, set()) | NAMES_THE_RUN.get(name, set())
    kept = frame[[column for column in frame.columns if column not in left_out]].astype(str)
    if name in FOUND_ONCE:
        kept = kept.drop_duplicates()
    return kept.sort_values(list(kept.columns)).reset_index(drop=True)


def look(home: Path) -> str:
    """A reader's visit: everything it finds is of one whole release."""
    release = (home / "published" / "current").resolve()
    manifest = json.loads((release / "manifest.json").read_bytes())
    assert manifest["id"] == release.name
    for name, told in manifest["files"].items():
        assert (release / name).stat().st_size == told["bytes"]
    with duckdb.connect(str(release / "portfolio.duckdb"), read_only=True) as database:
        stamped = database.execute("SELECT release_id FROM release_info").fetchone()
        rows = {
            name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 (names of our manifest)
            for name in manifest["row_counts"]
        }
    assert stamped == (release.name,)
    assert rows == manifest["row_counts"]
    return release.name


def said_once(home: Path) -> None:
    """No forecast stands twice in the ledger."""
    keys = {
        "schedule_forecast": ["subject_type", "subject_id", "as_of_on", "model_id", "inputs_hash"],
        "throughput_forecast": ["series_id", "week_on", "horizon_weeks", "as_of_on", "model_id", "inputs_hash"],
    }
    for table, columns in keys.items():
        entries = (home / "ledger" / table).glob("*.parquet")
        rows = pd.concat([pd.read_parquet(path) for path in entries])
        assert len(rows)
        assert not rows.duplicated(columns).any(), f"{table} says the same twice"


@pytest.mark.parametrize("place", marked())
def test_a_line_killed_anywhere_ends_in_its_next_run_as_if_nothing_had_happened(
    week: Week, tmp_path: Path, place: str
) -> None:
    home = copy_home(week.home, tmp_path / "home")
    before = look(home)
    with Watch(lambda: look(home)) as watch:
        killed = week.slipstream(home, "run", kill_at=place)
    assert killed.was_killed, f"{place} was not reached: {killed.said}"
    assert watch.looks
    assert (look(home) == before) == (not ended(place))

    done = week.slipstream(home, "run")
    assert done.code == 0, done.said
    assert look(home) > before
    found = published(home)
    assert set(found) == set(week.expected)
    for name, expected in week.expected.items():
        if (name, place) == ("fct_alert", "line.told"):  # it died after telling: the next release holds that as well
            assert len(found[name].merge(expected)) == len(expected) < len(found[name])
            continue
        pd.testing.assert_frame_equal(found[name], expected, obj=name)
    said_once(home)


def ended(place: str) -> bool:
    """Whether the release was out when the run died."""
    return place in ("publish.swapped", "line.told")


def test_a_first_run_killed_while_it_builds_is_made_good_by_the_next(week: Week, tmp_path: Path) -> None:
    home = line_home.new_home(tmp_path / "home", {"acme": line_home.jira_site(week.jira)})
    assert week.slipstream(home, "run", kill_at="line.model:9").was_killed
    assert not (home / "published" / "current").exists()
    done = week.slipstream(home, "run")
    assert done.code == 0, done.said
    assert "the last full build did not end" in done.said
    look(home)
    found, known = published(home)["dim_issue"], week.expected["dim_issue"]
    columns = ["issue_id", "status", "updated_at", "done_at", "epic_id"]
    there = known[known["is_deleted"] == "False"]  # what was deleted before the first sync was never seen
    pd.testing.assert_frame_equal(found[columns], there[columns].reset_index(drop=True))


def test_a_run_killed_between_sending_and_remembering_tells_again_rather_than_never(week: Week, tmp_path: Path) -> None:
    """At least once: a message too many is a nuisance, a finding nobody hears of is a loss."""
    home = copy_home(week.home, tmp_path / "home")
    with line_home.mailbox() as (address, letters):
        killed = week.slipstream(home, "run", kill_at="line.sent", SLIPSTREAM_NOTIFY=address)
        assert killed.was_killed, killed.said
        assert len(letters) == 1
        done = week.slipstream(home, "run", SLIPSTREAM_NOTIFY=address)
        assert done.code == 0, done.said
        again = letters[1:]
        assert letters[0]["title"] in {letter["title"] for letter in again}
        ledger = load({"SLIPSTREAM_HOME": str(home)}).ledger_dir / "alert"
        told = pd.concat([pd.read_parquet(path) for path in ledger.glob("*.parquet")])
        assert told["delivered"].sum() == len(again)
