"""What would help, as a forecast: every likely action with the days of slip it saves, and a plan to move people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.portfolio import advice_text
from models.portfolio.actions import Action, Bench, Saving
from models.portfolio.allocation import best_plan
from models.portfolio.features import INPUTS, QUANTILES, Picture, picture
from models.portfolio.findings import quantiles, study
from models.portfolio.sampling import Draws
from models.portfolio.simulation import Simulator
from models.schedule_slip.events import day_of

TRIALS, TRIALS_OF_MANY, MANY = 1_000, 400, 100  # of up to so many projects the first
MOST = 12  # projects, teams and dependencies each: those where most is at stake
CUT, SURE_LEVEL = 0.2, 0.8
OUTPUT: Sequence[str] = (
    "advice_id", "advice_rank", "action_type", "subject_type", "subject_id", "subject_key", "giver_id", "giver_key",
    "amount", "amount_unit", "moved_to_on", "as_of_on", "model_id", "model_version", "forecast_status",
    "expected_days_saved", "days_saved_low", "days_saved_high", "days_saved_p10", "days_saved_p50", "days_saved_p80",
    "days_saved_p95", "expected_promises_saved", "planned_days_saved", "bound_days_saved", "optimality_gap",
    "trial_count", "seed", "inputs_hash", "sentence",
)  # fmt: skip
UNRANKED = ("move_promise", "move_person")

Row = dict[str, Any]


class AllocationAdvice:
    """Actions ranked by the days of slip they save, and which people to move between teams, checked by simulation."""

    model_id = "allocation_advice"
    version = "1.1.0"
    ledger_table = "allocation_advice"
    key: Sequence[str] = ("advice_id",)
    inputs: Mapping[str, Sequence[str]] = INPUTS
    output = OUTPUT

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """A row an action, the best first; the plan's row is there even where nobody should move."""
        seen = picture(tables, as_of)
        network = seen.network
        trials = TRIALS if len(network.projects) <= MANY else TRIALS_OF_MANY
        bench = Bench(network, Draws(network, seed).take(trials))
        rows = (
            [_row(seen, action, bench.saving([action])) for action in _candidates(seen, bench)]
            if network.projects
            else []
        )
        # the plan is judged on draws that the search for it has not seen
        rows += _reallocation(seen, bench, Bench(network, Draws(network, seed, block=1).take(trials)))
        rows.sort(key=_place)
        common = {
            "as_of_on": seen.as_of_on, "model_id": self.model_id, "model_version": self.version, "trial_count": trials,
            "seed": seed, "inputs_hash": seen.digest(self.model_id, self.version, seed, trials),
        }  # fmt: skip
        for rank, row in enumerate(rows, start=1):
            row["advice_rank"] = None if row["action_type"] in UNRANKED else rank
        return _typed(pd.DataFrame([row | common for row in rows], columns=list(self.output)))


def _place(row: Row) -> tuple[bool, float, str]:
    return row["action_type"] in UNRANKED, -float(row["expected_days_saved"] or 0.0), str(row["advice_id"])


def _candidates(seen: Picture, bench: Bench) -> Iterator[Action]:
    """Where most days are at stake: late projects, the teams they have, the dependencies that hold them up."""
    network = bench.network
    found = study(Simulator(network), bench.passage)
    late = [one for one, days in _most(network.projects, found.late_days)]
    for one in late:
        yield Action("cut_scope", one.project_id, CUT)
    slip = {one.project_id: days for one, days in zip(network.projects, found.late_days, strict=True)}
    teams: dict[str, float] = {}
    for (team, project), _ in sorted(network.staffing.given.items()):
        if team in network.staffing.size:
            teams[team] = teams.get(team, 0.0) + float(slip.get(project, 0.0))
    for team, _ in _most(list(teams), np.array(list(teams.values()))):
        yield Action("add_people", team, 1.0)
    across = {one.dependency_id for one in seen.edges}
    is_across = np.array([link.relation_id in across for link in network.relations], dtype=np.float64)
    for link, _ in _most(network.relations, found.link_delay * is_across):
        yield Action("drop_dependency", link.relation_id)
        yield Action("start_earlier", link.relation_id)
    sure = quantiles(bench.passage.finish.copy(), (SURE_LEVEL,))[:, 0]
    for one in late:
        later = float(np.rint(sure[network.place_of[one.project_id]])) - (one.due or 0.0)
        if later > 0:
            yield Action("move_promise", one.project_id, later)


def _most(items: Sequence[Any], stake: np.ndarray) -> list[tuple[Any, float]]:
    order = np.argsort(-np.asarray(stake), kind="stable")[:MOST]
    return [(items[place], float(stake[place])) for place in order.tolist() if stake[place] > 0]


def _row(seen: Picture, action: Action, saving: Saving) -> Row:
    kind, key = _subject(seen, action)
    unit = {"cut_scope": "share", "add_people": "people", "move_promise": "days"}.get(action.kind)
    row: Row = {
        "advice_id": f"{action.kind}:{action.subject}",
        "action_type": action.kind,
        "subject_type": kind,
        "subject_id": action.subject,
        "subject_key": key,
        "amount": action.amount if unit else None,
        "amount_unit": unit,
        "moved_to_on": _moved_to(seen, action),
        "forecast_status": "ok",
        **_saved(saving),
    }
    return row | {"sentence": advice_text.of_action(row, seen)}


def _saved(saving: Saving) -> Row:
    return {
        "expected_days_saved": round(saving.days, 2),
        "days_saved_low": round(saving.low, 2),
        "days_saved_high": round(saving.high, 2),
        **{f"days_saved_{name}": round(float(v), 1) for name, v in zip(QUANTILES, saving.spread, strict=True)},
        "expected_promises_saved": round(saving.promises, 3),
    }


def _subject(seen: Picture, action: Action) -> tuple[str, str | None]:
    if action.kind == "add_people":
        return "team", seen.teams.get(action.subject)
    if action.kind in ("drop_dependency", "start_earlier"):
        return "dependency", next((one.after_key for one in seen.edges if one.dependency_id == action.subject), None)
    return "project", next((one.project_key for one in seen.subjects if one.project_id == action.subject), None)


def _moved_to(seen: Picture, action: Action) -> date | None:
    if action.kind != "move_promise":
        return None
    due = seen.network.projects[seen.network.place_of[action.subject]].due or 0.0
    return day_of(seen.day + int(due + action.amount))


def _reallocation(seen: Picture, bench: Bench, unseen: Bench) -> list[Row]:
    """The plan, and each of its moves by itself."""
    staffing = seen.network.staffing
    done = {one.project_id for one in seen.subjects if one.forecast_status == "nothing_open"}
    # of a team that works on something without a finish forecast nobody can say what it would lose
    bound = frozenset(team for team, project in staffing.given if project not in done | seen.network.place_of.keys())
    row: Row = {
        "advice_id": "reallocate:portfolio", "action_type": "reallocate", "subject_type": "portfolio",
        "subject_id": "portfolio", "subject_key": "portfolio", "amount_unit": "people",
    }  # fmt: skip
    if not seen.network.projects:
        row |= {"forecast_status": "not_enough_history", "amount": 0.0, "expected_days_saved": None}
        return [row | {"sentence": advice_text.of_plan(row, 0)}]
    plan = best_plan(bench, _chosen(bench, staffing.size), bound)
    row |= {
        "forecast_status": "ok",
        "amount": float(len(plan.moves())),
        **_saved(unseen.saving(plan.actions)),
        "planned_days_saved": round(plan.planned_days, 2),
        "bound_days_saved": round(plan.bound_days, 2),
        "optimality_gap": round(plan.gap, 6),
    }
    rows = [row | {"sentence": advice_text.of_plan(row, len(plan.moves()))}]
    for (giver, taker), count in sorted(Counter(plan.moves()).items()):
        actions = [Action("add_people", giver, -float(count)), Action("add_people", taker, float(count))]
        move: Row = {
            "advice_id": f"move_person:{taker}:{giver}", "action_type": "move_person", "subject_type": "team",
            "subject_id": taker, "subject_key": seen.teams.get(taker), "giver_id": giver,
            "giver_key": seen.teams.get(giver), "amount": float(count), "amount_unit": "people",
            "forecast_status": "ok", **_saved(unseen.saving(actions)),
        }  # fmt: skip
        rows.append(move | {"sentence": advice_text.of_move(move)})
    return rows


def _chosen(bench: Bench, sizes: Mapping[str, float]) -> dict[str, float]:
    """Of many teams those whose projects slip most, and as many whose slip least: they take and they give."""
    late = study(Simulator(bench.network), bench.passage).late_days
    places, slip = bench.network.place_of, dict.fromkeys(sorted(sizes), 0.0)
    for (team, project), _ in sorted(bench.network.staffing.given.items()):
        if team in slip and project in places:
            slip[team] += float(late[places[project]])
    ordered = sorted(slip, key=lambda team: (slip[team], team))
    kept = {*ordered[:MOST], *ordered[-MOST:]}
    return {team: size for team, size in sizes.items() if team in kept}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Nullable integers and plain doubles; dates stay dates (None where missing)."""
    words = ("_days_saved", "days_saved_", "_promises_saved", "optimality_gap")
    plain = [name for name in frame.columns if name == "amount" or any(word in str(name) for word in words)]
    frame = frame.astype(dict.fromkeys(("advice_rank", "trial_count", "seed"), "Int64"))
    return frame.astype(dict.fromkeys(plain, "Float64")).astype(dict.fromkeys(plain, "float64"))
