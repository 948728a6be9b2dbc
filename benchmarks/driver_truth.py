"""Does what is told as a cause really go with what it is told to cause? On simulated portfolios whose end is known.

`python benchmarks/driver_truth.py [--quick]`; prints a JSON line a driver and direction. Every four weeks everything
is forecast with what was known by then; a driver is held against what running the simulation on brought: the share late
(over budget, short) where it was told, and where it was not among cases alike in the other obvious causes. The seeds
are none of those on which anything was set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.driver_cases import cases_of
from benchmarks.simulated_record import simulate
from models.tracks.track import clustered

SEEDS = range(51, 55)
SEED = 7
FEWEST_TOLD, FEWEST_PROJECTS = 20, 5


@dataclass(frozen=True)
class Claim:
    """A driver in one direction, and in what cases must be alike to be compared."""

    of: str
    driver: str
    adds: bool
    alike: tuple[str, ...]  # nothing: the text names a direction that is held against one half


def _both(of: str, driver: str, *alike: str) -> list[Claim]:
    return [Claim(of, driver, adds, alike) for adds in (True, False)]


CLAIMS = [
    *_both("issue", "time_left", "is_started", "is_blocked"),
    *_both("issue", "age", "time_band", "is_started", "is_blocked"),
    *_both("issue", "not_started", "time_band", "is_blocked"),
    *_both("issue", "in_work", "time_band", "is_blocked"),
    *_both("issue", "due_moves", "time_band", "is_started", "is_blocked"),
    *_both("issue", "is_blocked", "time_band", "is_started"),
    *_both("issue", "late_rate", "time_band", "is_started", "is_blocked"),
    Claim("issue", "fact_waits_for", True, ("time_band", "is_started")),
    Claim("in_work", "is_blocked", True, ("age_band",)),
    *_both("sprint", "progress", "elapsed_band"),
    *_both("sprint", "added_scope", "elapsed_band", "is_behind"),
    *_both("cost", "cost_efficiency", "share_band"),
    *_both("cost_against_cpi", "past_estimates"),
    *_both("cost_against_index", "spending_pace"),
    Claim("schedule", "outrun", True, ("weeks_band",)),
    *_both("schedule", "scope_since_baseline", "weeks_band"),
    Claim("schedule", "waits_for", True, ("weeks_band",)),
    Claim("green", "watermelon", True, ("weeks_band",)),
    Claim("claimed", "watermelon_index", True, ("claimed_rag", "weeks_band")),
]


def main() -> None:
    """All seeds pooled, or a single one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one portfolio, seven looks")
    quick = parser.parse_args().quick
    seeds = SEEDS[:1] if quick else SEEDS
    cases = pd.concat([cases_of(simulate(seed, looks=7 if quick else 14)) for seed in seeds], ignore_index=True)
    for line in [*judged(cases), cost_kept(cases)]:
        print(json.dumps(line), flush=True)


def judged(cases: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> Iterator[dict[str, Any]]:
    """A line a claim that was made at all."""
    for claim in claims:
        part = cases.loc[cases["of"] == claim.of].reset_index(drop=True)
        effect = np.array([drivers.get(claim.driver, 0.0) for drivers in part["drivers"]]) * (1 if claim.adds else -1)
        first = [claim.driver in told if isinstance(told, list) else True for told in part["told"]]
        told = (effect > 0) & np.array(first, dtype=bool)
        if told.any():
            comparable = told | (effect <= 0)  # not: the same, but outranked by three stronger drivers
            yield {"work": "driver", "of": claim.of, "driver": claim.driver,
                   "told_as": "adding" if claim.adds else "lowering",
                   **_compared(part.loc[comparable].reset_index(drop=True), told[comparable], claim)}  # fmt: skip


def cost_kept(cases: pd.DataFrame) -> dict[str, Any]:
    """Whether the cost forecasts themselves came true: a driver of a forecast that does not is little worth."""
    part = cases.loc[cases["of"] == "cost"]
    over, chance = part["happened"].to_numpy(dtype=float), part["chance"].to_numpy(dtype=float)
    held = {f"held_{level}": _round(part[f"held_{level}"].astype(float).mean()) for level in ("p50", "p80", "p95")}
    return {"work": "cost forecast", "cases": len(part), "projects": int(part["cluster"].nunique()),
            "over_budget": _round(over.mean()), "mean_chance": _round(chance.mean()),
            "brier": _round(((chance - over) ** 2).mean()), "brier_base_rate": _round(over.mean() * (1 - over.mean())),
            **held}  # fmt: skip


def _compared(part: pd.DataFrame, told: np.ndarray, claim: Claim) -> dict[str, Any]:
    """Rates with and without, the latter weighted to the strata of the former; strata without both are left out."""
    happened = part["happened"].to_numpy(dtype=float)
    strata = part.groupby(list(claim.alike), sort=True).ngroup().to_numpy() if claim.alike else None

    def compare(rows: np.ndarray) -> tuple[float, int, float, float]:
        if strata is None:
            rate = float(happened[rows][told[rows]].mean()) if told[rows].any() else float("nan")
            return rate - 0.5, int(told[rows].sum()), rate, 0.5
        return _difference(strata[rows], told[rows], happened[rows])

    score = clustered(lambda rows: compare(rows)[0], part["cluster"].tolist(), SEED)
    _, matched, with_it, without = compare(np.arange(len(part)))
    found = {
        "cases": len(part), "told": int(told.sum()), "matched": matched,
        "projects": int(part.loc[told, "cluster"].nunique()), "rate_with": _round(with_it),
        "rate_without": _round(without), "difference": _round(score.value),
        "interval_90": [_round(score.low), _round(score.high)],
    }  # fmt: skip
    return found | {"verdict": _verdict(score.low, score.high, claim.adds, found)}


def _difference(strata: np.ndarray, told: np.ndarray, happened: np.ndarray) -> tuple[float, int, float, float]:
    number = int(strata.max()) + 1 if len(strata) else 0
    count = [np.bincount(strata[rows], minlength=number) for rows in (told, ~told)]
    share = [np.bincount(strata[rows], happened[rows], minlength=number) for rows in (told, ~told)]
    both = (count[0] > 0) & (count[1] > 0)
    weight = count[0][both]
    if not weight.sum():
        return float("nan"), 0, float("nan"), float("nan")
    rates = [float((share[i][both] / count[i][both] * weight).sum() / weight.sum()) for i in (0, 1)]
    return rates[0] - rates[1], int(weight.sum()), rates[0], rates[1]


def _verdict(low: float, high: float, adds: bool, found: dict[str, Any]) -> str:
    """Whether the difference goes the way that is told."""
    if found["matched"] < FEWEST_TOLD or found["projects"] < FEWEST_PROJECTS:
        return "too few"
    ahead, behind = (low, high) if adds else (-high, -low)
    return "holds" if ahead > 0 else "wrong way" if behind < 0 else "not shown"


def _round(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 3)


if __name__ == "__main__":
    main()
