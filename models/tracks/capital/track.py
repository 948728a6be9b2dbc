"""The track `capital`: slip of the forecast completion a year ahead, judged beside "no change" and past slips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.scoring import crps_each
from models.tracks.capital.features import (
    AHEAD_DAYS,
    BEYOND_BELIEF,
    FARTHEST,
    NEAREST,
    features_of,
    read_snapshots,
)
from models.tracks.capital.model import LEAST_ROWS, Said, slips_ahead
from models.tracks.forest import weighted_quantiles
from models.tracks.probabilities import Auc
from models.tracks.splits import HELD_OUT, HELD_OUT_NOTE, Split, held_out, rolling
from models.tracks.statistics import Statistic, inside, mean_of, pinball_each, skill_of
from models.tracks.track import Score, TrackResult, clustered

FloatArray = npt.NDArray[np.float64]

THRESHOLDS = (0.0, 180.0, 365.0)  # days; the last is the score named `brier`
TOLD = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p90": 0.90}
DRAWN = (np.arange(99) + 0.5) / 99
EVENTS = tuple(f"over_{threshold:.0f}_days" for threshold in THRESHOLDS)
FORECASTERS = ("slipstream", "no_change", "climatology")


class CapitalProjects:
    """By how many days a capital project's forecast completion moves in a year, and whether it moves out at all."""

    name = "capital"
    columns: Mapping[str, str] = {
        "Date Reported As Of": "the snapshot's day",
        "PID": "the project",
        "Category": "kind of works",
        "Borough": "place",
        "Managing Agency": "who runs it",
        "Current Phase": "phase at the snapshot",
        "Design Start": "first day of design",
        "Budget Forecast": "dollars, as forecast at the snapshot",
        "Forecast Completion": "day of completion, as forecast at the snapshot",
    }

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """A snapshot is scored if the project is reported again about a year later."""
        rows = read_snapshots(data, train)
        features = features_of(rows)
        slip, day = rows["slip_days"].to_numpy(dtype=np.float64), rows["day"].to_numpy(dtype=np.float64)
        both = (rows["is_trained"] & rows["outcome_is_trained"]).to_numpy()
        known_day = np.where(both, -np.inf, rows["known_day"].to_numpy(dtype=np.float64))
        is_asked = (rows["row"] >= 0).to_numpy() & np.isfinite(slip)
        project = rows["project"].to_numpy(dtype=object)
        levels = np.concatenate([list(TOLD.values()), DRAWN])
        believed = slip + np.nan_to_num(features["mistold_days"].to_numpy(dtype=np.float64))

        def told(splits: list[Split]) -> list[pd.DataFrame]:
            answers = [
                (
                    slips_ahead(
                        features.iloc[a], believed[a], project[a], day[a], features.iloc[b], levels, THRESHOLDS, seed
                    ),
                    a,
                    b,
                )
                for a, b in splits
            ]
            return [_told(rows.iloc[b], said, believed[a], levels) for said, a, b in answers]

        found = told(rolling(day, known_day, slip, is_asked, least=LEAST_ROWS))
        notes = _notes(rows, is_asked, found, train is not None)
        if not found:
            return TrackResult(pd.DataFrame(columns=["row", "cluster"]), {}, {}, notes)
        predictions = pd.concat(found).sort_values("row", kind="stable").reset_index(drop=True)
        scores, groups = _scores(predictions, seed)
        if train is None:
            others = told(held_out(project, is_asked))
            groups[HELD_OUT] = _of_rows(pd.concat(others), seed) if others else {}
            notes.append(HELD_OUT_NOTE)
        return TrackResult(predictions, scores, groups, notes)


def _told(rows: pd.DataFrame, said: Said, known: FloatArray, levels: FloatArray) -> pd.DataFrame:
    """What each forecaster said of the rows, with the CRPS of its distribution."""
    slip, number = rows["slip_days"].to_numpy(dtype=np.float64), len(rows)
    past = weighted_quantiles(known, np.full((1, len(known)), 1.0 / len(known)), levels)
    rates = (known[:, None] > np.array(THRESHOLDS)).mean(axis=0)
    answers = {
        "slipstream": said,
        "no_change": Said(np.zeros((number, len(levels))), np.zeros((number, len(THRESHOLDS)))),
        "climatology": Said(np.repeat(past, number, axis=0), np.repeat(rates[None, :], number, axis=0)),
    }
    frame = pd.DataFrame(
        {
            "row": rows["row"].to_numpy(),
            "cluster": rows["project"].to_numpy(),
            "reported_on": pd.to_datetime(rows["day"], unit="D").to_numpy(),
            "outcome_on": pd.to_datetime(rows["known_day"], unit="D").to_numpy(),
            "actual_slip_days": slip,
        }
    )
    for threshold, what in zip(THRESHOLDS, EVENTS, strict=True):
        frame[f"actual_{what}"] = (slip > threshold).astype(np.float64)
    for name, answer in answers.items():
        for place, what in enumerate(EVENTS):
            frame[f"{name}_{what}"] = np.round(answer.chances[:, place], 4)
        for place, level in enumerate(TOLD):
            frame[f"{name}_slip_days_{level}"] = np.round(answer.quantiles[:, place], 1)
        frame[f"{name}_crps"] = np.round(crps_each(slip, answer.quantiles[:, len(TOLD) :]), 3)
    return frame


def _scores(
    predictions: pd.DataFrame, seed: int
) -> tuple[dict[str, dict[str, Score]], dict[str, dict[str, dict[str, Score]]]]:
    groups = {
        f"year={year}": _of_rows(part, seed)
        for year, part in predictions.groupby(predictions["reported_on"].dt.year, sort=True)
    }
    return _of_rows(predictions, seed), groups


def _of_rows(rows: pd.DataFrame, seed: int) -> dict[str, dict[str, Score]]:
    slip = rows["actual_slip_days"].to_numpy(dtype=np.float64)
    found = {}
    for name in FORECASTERS:
        level = {key: rows[f"{name}_slip_days_{key}"].to_numpy(dtype=np.float64) for key in TOLD}
        statistics = {
            "mae": mean_of(np.abs(slip - level["p50"])),
            "coverage_80": mean_of(inside(slip, level["p10"], level["p90"])),
            "width_80_days": mean_of(level["p90"] - level["p10"]),
            "kept_80": mean_of(slip <= level["p80"]),
            "crps": mean_of(rows[f"{name}_crps"].to_numpy(dtype=np.float64)),
            "bias_days": mean_of(slip - level["p50"]),
        } | {f"pinball_{key[1:]}": mean_of(pinball_each(slip, level[key], TOLD[key])) for key in TOLD}
        for what in EVENTS:
            statistics |= _of_event(rows, name, what, "" if what == EVENTS[-1] else f"_{what}")
        found[name] = {key: clustered(value, rows["cluster"].tolist(), seed) for key, value in statistics.items()}
    return found


def _of_event(rows: pd.DataFrame, name: str, what: str, suffix: str) -> dict[str, Statistic]:
    happened, chance, base = (
        rows[f"{who}_{what}"].to_numpy(dtype=np.float64) for who in ("actual", name, "climatology")
    )
    missed = (chance - happened) ** 2
    return {
        f"brier{suffix}": mean_of(missed),
        f"brier_skill{suffix}": skill_of(missed, (base - happened) ** 2),
        f"auc{suffix}": Auc(happened, chance),
    }


def _notes(
    rows: pd.DataFrame, is_asked: npt.NDArray[np.bool_], found: list[pd.DataFrame], has_train: bool
) -> list[str]:
    asked, scored = int((rows["row"] >= 0).sum()), sum(len(part) for part in found)
    return [
        f"Outcome: forecast completion in the project's snapshot nearest to {AHEAD_DAYS} days later ({NEAREST} to "
        f"{FARTHEST}) less forecast completion now, in days; {asked - int(is_asked.sum())} of {asked} snapshots have "
        "none and are not scored.",
        f"{int(is_asked.sum()) - scored} snapshots came before {LEAST_ROWS} outcomes were known, and are not scored.",
        "brier is of slips over 365 days: the completion moved away faster than time passed. Slips over 0 and 180 days "
        "are scored beside it. no_change says 0 days and chance 0.",
        ("Fitted on the training file and on" if has_train else "Rolling by day of report: fitted only on")
        + " outcomes reported by the row's own day; climatology is the distribution of those.",
        f"A completion over {BEYOND_BELIEF / 365.25:.0f} years ahead is taken for a slip of the pen: no outcome; as a "
        "start it is scored as told, while features use the date told before.",
    ]
