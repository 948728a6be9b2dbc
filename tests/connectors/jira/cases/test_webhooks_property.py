"""Cases 37 to 40 at large: whatever becomes of the webhooks on their way, what is held in the end is the source."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.jira.listening import Listening, listening
from tests.fixtures.sandbox import make_issue, small_world

ISSUES = range(10_001, 10_009)
edits = st.one_of(
    st.tuples(st.sampled_from(["update", "update unseen", "delete"]), st.sampled_from(ISSUES)),
    st.tuples(st.just("create"), st.integers(20, 25)),
)
fates = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=6, max_size=6)
rounds = st.lists(st.tuples(st.lists(edits, min_size=1, max_size=4), fates, st.booleans()), min_size=1, max_size=3)


def edit(acme: Listening, what: str, number: int) -> None:
    world: Any = acme.jira.site.world  # type: ignore[attr-defined]
    acme.change(lambda world: setattr(world, "now", world.now + timedelta(minutes=3)))
    if what.startswith("update") and number in world.issues:
        acme.update(number, f"at {world.now}", index=what == "update")
    elif what == "delete" and number in world.issues:
        acme.delete(number)
    elif what == "create" and 10_000 + number not in world.issues:
        acme.change(lambda world: make_issue(world, number, world.projects[10_200]))


def deliver(acme: Listening, fates: list[tuple[int, int]]) -> None:
    """Each webhook arrives never, once or twice, in an order of its own, or only with a later round."""
    sent, acme.emitter.waiting = acme.emitter.waiting, []
    marked = [(fates[place % len(fates)], parcel) for place, parcel in enumerate(sent)]
    late = [parcel for (_, rank), parcel in marked if rank == 9]
    arriving = sorted(((rank, place) for place, ((_, rank), _) in enumerate(marked) if rank != 9))
    acme.emitter.waiting = [marked[place][1] for _, place in arriving for _ in range(marked[place][0][0])]
    acme.jira.deliver()
    acme.emitter.waiting = late


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds)
def test_case_39_any_order_doubling_and_loss_of_webhooks_with_polling_ends_at_the_source(
    rounds: list[tuple[list[tuple[str, int]], list[tuple[int, int]], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as home, listening(Path(home), small_world(8)) as acme:
        acme.sync()
        for changes, fate, synced in rounds:
            for what, number in changes:
                edit(acme, what, number)
            deliver(acme, fate)
            if synced:
                assert acme.sync().status == "complete"
        acme.change(lambda _: None)  # the index has caught up
        assert acme.sync().status == "complete"
        assert acme.held() == acme.there()
        acme.jira.deliver()  # what was late comes last, and changes nothing
        assert acme.sync().status == "complete"
        assert acme.held() == acme.there()
        assert not acme.spool.has_hints()
