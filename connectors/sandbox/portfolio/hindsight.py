"""How good a portfolio's plans and claims were, told from the truth: the measures realism.yml sets planning by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.sandbox.portfolio.simulator import Simulator

MATURE_WEEKS, MATURE_DONE = 12, 20
HONEST_DAYS, WATERMELON_DAYS, NEAR_DAYS = 14, 30, 30
MODERATE_DAYS = (-60, 180)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One project that was running at the present, with what became of its plan."""

    project_key: str
    slip_days: int  # true finish against the current baseline
    versions: int  # of the baseline
    promise_days: int  # promise after (or before) the current baseline
    is_green: bool

    @property
    def is_honest(self) -> bool:
        return self.is_green == (self.slip_days <= HONEST_DAYS)


def verdicts(simulator: Simulator) -> Iterator[Verdict]:
    """Projects open at the present with a baseline and enough history to be judged."""
    now, done = simulator.world.now, _done(simulator)
    register, truth = simulator.register(), simulator.truth
    baselines: dict[object, list[tuple[date, date]]] = {}
    for row in register["Baselines"]:
        start, finish = row["start_on"], row["finish_on"]
        if isinstance(start, date) and isinstance(finish, date):
            baselines.setdefault(row["project_key"], []).append((start, finish))
    for row in register["Projects"]:
        key, promised = str(row["project_key"]), row["promised_on"]
        ended = truth[key].finished_at
        if key not in baselines or ended is None or ended <= now or not isinstance(promised, date):
            continue
        if now.date() - baselines[key][0][0] >= timedelta(weeks=MATURE_WEEKS) and done.get(key, 0) >= MATURE_DONE:
            due = baselines[key][-1][1]
            slip, off = (ended.date() - due).days, (promised - due).days
            yield Verdict(key, slip, len(baselines[key]), off, row["claimed_rag"] == "green")


def _done(simulator: Simulator) -> dict[str, int]:
    world = simulator.world
    found: dict[str, int] = {}
    for issue in world.issues.values():
        key = world.projects[issue.project_id].key
        found[key] = found.get(key, 0) + (world.statuses[issue.status_id].category == "done")
    return found


def shares(found: Sequence[Verdict]) -> dict[str, float]:
    """The measures by name, over all verdicts given."""
    low, high = MODERATE_DAYS
    counts = {
        "late_share": sum(one.slip_days > 0 for one in found),
        "moderate_slip_share": sum(low <= one.slip_days <= high for one in found),
        "replanned_share": sum(one.versions > 1 for one in found),
        "near_promise_share": sum(abs(one.promise_days) <= NEAR_DAYS for one in found),
        "honest_share": sum(one.is_honest for one in found),
        "watermelon_share": sum(one.is_green and one.slip_days > WATERMELON_DAYS for one in found),
        "pessimist_share": sum(not one.is_green and one.slip_days <= HONEST_DAYS for one in found),
    }
    return {name: count / len(found) for name, count in counts.items()}
