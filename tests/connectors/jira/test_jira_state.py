"""The checkpoint and the compact set of held issues: through JSON and back, small, and exact."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from connectors.errors import ConfigurationError
from connectors.jira.checkpoint import Range, State, Unfinished, dump, load
from connectors.jira.held import Held


def _held(*rows):
    held = Held()
    for row in rows:
        held.put(*row)
    held.settle()
    return held


def test_a_checkpoint_survives_json():
    at = datetime(2026, 3, 2, 9, 30, 0, 123000, tzinfo=UTC)
    state = State(
        server_time=at,
        scope=("ALFA",),
        held=_held((5, "7", 3), (2**40, "8", 9)),
        recent={5: 1_772_443_602_655, 9: -77},
        overflow={5: 1},
        dimensions={"user": {"a": "ff"}},
        worklogs={"updated": {1: 2}},
        worklogs_until=at,
        unfinished=Unfinished(True, at, [Range("created >= 0", "token"), Range("created >= 1")]),
    )
    state.held.short = {5: 2}
    again = load(json.loads(json.dumps(dump(state))))
    assert dump(again) == dump(state)
    assert again.held.counts() == {"7": (1, 3, 1), "8": (1, 9, 9)}
    assert again.recent == state.recent
    assert again.unfinished == state.unfinished


def test_no_checkpoint_is_a_fresh_start_and_a_foreign_one_is_refused():
    assert load(None).server_time is None
    assert load({}).server_time is None
    with pytest.raises(ConfigurationError, match="--full"):
        load({"version": 99})


def test_the_last_word_on_an_issue_wins():
    held = _held((3, "7", 1), (1, "7", 1), (3, "8", 5))
    assert held.ids.tolist() == [1, 3]
    assert held.counts() == {"7": (1, 1, 1), "8": (1, 5, 5)}
    held.put(1, "8", 2)
    assert held.settle().tolist() == [1]
    assert held.counts() == {"8": (2, 7, 7)}
    assert held.totals([3, 99]) == {3: 5}


def test_dropped_issues_are_gone_with_what_was_known_of_them():
    held = _held((1, "7", 4), (2, "7", 4))
    held.short = {2: 3}
    held.drop([2, 50])
    assert (held.ids.tolist(), held.short, held.counts()) == ([1], {}, {"7": (1, 4, 4)})


def test_a_hundred_thousand_issues_fit_in_a_small_checkpoint():
    held = Held()
    generator = np.random.default_rng(1)
    for issue in np.cumsum(generator.integers(1, 40, 100_000)).tolist():
        held.put(issue, str(issue % 40), issue % 13)
    held.settle()
    text = json.dumps(dump(State(held=held)))
    assert len(text) < 450_000  # the worst mix of ids, projects and totals: four bytes and a half an issue
    assert np.array_equal(load(json.loads(text)).held.ids, held.ids)
