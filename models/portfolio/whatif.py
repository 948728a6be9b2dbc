"""What if: actions named as people name them, simulated with and without on the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.portfolio.actions import Action, Bench, Saving, apply
from models.portfolio.features import Picture, picture
from models.portfolio.findings import BLOCK, quantiles
from models.portfolio.sampling import Days, Draws, Sample
from models.portfolio.simulation import Simulator
from models.schedule_slip.events import day_number, day_of

SUREST, LEAST = 0.95, 0.05


class WishError(LookupError):
    """Something was named that is not there, or cannot be done. `remedy` says what there is."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


@dataclass(frozen=True)
class Wish:
    """An action by label: a project's key, a team's key, or a dependency by its id or as BEFORE>AFTER."""

    kind: str
    name: str
    amount: float | date = 1.0


@dataclass(frozen=True)
class Answer:
    """The portfolio as it is and as it would be."""

    as_of_on: date
    trials: int
    saving: Saving
    portfolio: Mapping[str, tuple[float, float]]  # what → before and after
    projects: pd.DataFrame  # those that change


def answer(tables: Tables, as_of: date, seed: int, wishes: Sequence[Wish]) -> Answer:
    """All wishes together."""
    seen = picture(tables, as_of)
    if not seen.network.projects:
        raise WishError(
            "No project has a finish forecast, so there is nothing to simulate.", "Run `slipstream forecast`."
        )
    actions = [_action(seen, wish) for wish in wishes]
    sample = Draws(seen.network, seed).take(BLOCK)
    bench = Bench(seen.network, sample)
    network, changed = seen.network, sample
    for action in actions:
        network, changed = apply(network, changed, action)
    as_is = Simulator(seen.network)
    before, after = _view(as_is, sample), _view(Simulator(network, like=as_is), changed)
    whole = {name: (before.whole[name], after.whole[name]) for name in before.whole}
    return Answer(seen.as_of_on, sample.trials, bench.saving(actions), whole, _compare(seen, before, after))


@dataclass(frozen=True)
class _View:
    due: Days
    p50: Days
    p80: Days
    late: Days
    whole: Mapping[str, float]


def _view(simulator: Simulator, sample: Sample) -> _View:
    finish = simulator.run(sample).finish.copy()
    total, count = simulator.slip(finish)
    late = (finish > simulator.due[:, None]).mean(axis=1).astype(np.float32)
    middle, sure = quantiles(finish, (0.5, 0.8)).T
    whole = {
        "expected_slip_days": round(float(total.mean(dtype=np.float64)), 1),
        "expected_late_count": round(float(count.mean(dtype=np.float64)), 2),
        "probability_all_kept": _chance(float((count == 0).mean())),
    }
    return _View(simulator.due, middle, sure, late, whole)


def _compare(seen: Picture, before: _View, after: _View) -> pd.DataFrame:
    """A row for every project of which a figure changes, those that gain most first."""
    rows = []
    labels = {one.project_id: one.project_key for one in seen.subjects}
    for place, project in enumerate(seen.network.projects):
        has_due = bool(np.isfinite(before.due[place]))
        row: dict[str, object] = {"project_key": labels.get(project.project_id) or project.project_id}
        for name, view in (("before", before), ("after", after)):
            row[f"due_on_{name}"] = _day(seen, view.due[place]) if has_due else None
            row[f"finish_on_p50_{name}"] = _day(seen, view.p50[place])
            row[f"finish_on_p80_{name}"] = _day(seen, view.p80[place])
            row[f"probability_late_{name}"] = _chance(float(view.late[place])) if has_due else None
        row["finish_days_saved_p50"] = int(np.rint(before.p50[place]) - np.rint(after.p50[place]))
        if any(row[f"{name}_before"] != row[f"{name}_after"] for name in _FIGURES):
            rows.append(row)
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.sort_values(["finish_days_saved_p50", "project_key"], ascending=[False, True], ignore_index=True)


_FIGURES = ("due_on", "finish_on_p50", "finish_on_p80", "probability_late")
_COLUMNS = [
    "project_key",
    *(f"{name}_{when}" for name in _FIGURES for when in ("before", "after")),
    "finish_days_saved_p50",
]


def _action(seen: Picture, wish: Wish) -> Action:
    if wish.kind == "add_people":
        teams = {label: team for team, label in seen.teams.items()}
        team = _named(wish.name, teams, "team")
        if not any(one == team and project in seen.network.place_of for one, project in seen.network.staffing.given):
            raise WishError(
                f"Team {wish.name} works on no project that is simulated.", "People would change nothing there."
            )
        return Action(wish.kind, team, _number(wish))
    if wish.kind in ("drop_dependency", "start_earlier"):
        edges = {one.dependency_id: one.dependency_id for one in seen.edges if one.status == "ok"}
        labels = {f"{one.before_key}>{one.after_key}": one.dependency_id for one in seen.edges if one.status == "ok"}
        return Action(
            wish.kind, _named(wish.name, labels | edges, "open dependency between simulated projects", labels)
        )
    return _on_project(seen, wish)


def _on_project(seen: Picture, wish: Wish) -> Action:
    known = {one.project_key or one.project_id: one for one in seen.subjects}
    subject = known[_named(wish.name, {name: name for name in known}, "project")]
    if subject.forecast_status != "ok":
        status = subject.forecast_status.replace("_", " ")
        raise WishError(f"{wish.name} is not simulated: {status}.", "Ask about a project with a finish forecast.")
    if wish.kind == "cut_scope":
        return Action(wish.kind, subject.project_id, _number(wish))
    due = day_number(subject.due_on)
    if due is None:
        raise WishError(f"{wish.name} has no promise or baseline that could move.", "Ask about a project that has.")
    return Action("move_promise", subject.project_id, float((day_number(wish.amount) or due) - due))


def _number(wish: Wish) -> float:
    if isinstance(wish.amount, date):
        raise TypeError(f"{wish.kind} takes a number.")
    return float(wish.amount)


def _named(name: str, known: Mapping[str, str], what: str, shown: Mapping[str, str] | None = None) -> str:
    """The id of that name; where there is none, what is near it, or what there is."""
    folded = {label.casefold(): found for label, found in known.items()}
    if name.casefold() in folded:
        return folded[name.casefold()]
    names = sorted(known if shown is None else shown)
    near = get_close_matches(name.casefold(), [label.casefold() for label in names], n=3, cutoff=0.5)
    close = [label for label in names if label.casefold() in near]
    if close:
        raise WishError(f"There is no {what} '{name}'.", f"Did you mean {', '.join(close)}?")
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    raise WishError(f"There is no {what} '{name}'.", f"There are: {listed}." if names else "There is none at all.")


def _day(seen: Picture, days: float) -> date:
    return day_of(seen.day + int(np.rint(days)))


def _chance(share: float) -> float:
    return round(float(np.clip(share, LEAST, SUREST)), 4)
