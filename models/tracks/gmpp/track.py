"""The track `gmpp`: chances of a slip over six months, judged beside climatology and the official RAG."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.gmpp.features import SLIP_DAYS, features_of, read_rows
from models.tracks.gmpp.model import chances, rates_so_far
from models.tracks.probabilities import Auc
from models.tracks.splits import HELD_OUT, HELD_OUT_NOTE, Split, held_out, rolling
from models.tracks.statistics import Statistic, mean_of, skill_of
from models.tracks.track import Score, TrackResult, clustered

FloatArray = npt.NDArray[np.float64]

RAG_CHANCE = (0.05, 0.275, 0.5, 0.725, 0.95)  # green to red, read as it stands: how likely delivery fails
WHAT = "slip_over_6_months"
FORECASTERS = ("slipstream", "climatology", "rag")


class MajorProjects:
    """Whether a major project's end date moves by more than six months by the next publication."""

    name = "gmpp"
    columns: Mapping[str, str] = {
        "name": "the project's name, as published that year",
        "dept": "department",
        "rag": "delivery confidence: Green, Amber/Green, Amber, Amber/Red or Red; anything else counts as not given",
        "start": "start date",
        "end": "end date, as told that year",
        "wlc": "whole-life cost, million pounds",
        "fyb": "budget of the year, million pounds",
        "fyf": "forecast of the year, million pounds",
        "year": "year of publication",
        "t": "the day the figures are of",
    }

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """A row is scored if the project's next row is told; learnt from is what was published by the row's year."""
        rows = read_rows(data, train)
        happened = np.where(rows["slip_days"].isna(), np.nan, rows["slip_days"] > SLIP_DAYS).astype(np.float64)
        years = rows["year"].to_numpy(dtype=np.float64)
        known_year = np.where(rows["is_trained"] & rows["outcome_is_trained"], -np.inf, years + 1)
        features = features_of(rows)
        features = pd.concat([features, rates_so_far(features["dept"], years, happened, years + 1)], axis=1)
        is_asked = (rows["row"] >= 0).to_numpy() & np.isfinite(happened)

        def told(splits: list[Split]) -> list[pd.DataFrame]:
            answers = [(chances(features.iloc[a], happened[a], features.iloc[b]), a, b) for a, b in splits]
            return [
                _told(rows.iloc[b], features["rag"].iloc[b], happened[b], said, happened[a]) for said, a, b in answers
            ]

        found = told(rolling(years, known_year, happened, is_asked, least=1))
        notes = _notes(rows, found, train is not None)
        if not found:
            return TrackResult(pd.DataFrame(columns=["row", "cluster"]), {}, {}, notes)
        predictions = pd.concat(found).sort_values("row", kind="stable").reset_index(drop=True)
        scores, groups = _scores(predictions, seed)
        if train is None:
            others = told(held_out(rows["project"].to_numpy(), is_asked))
            groups[HELD_OUT] = _of_rows(pd.concat(others), seed) if others else {}
            notes.append(HELD_OUT_NOTE)
        return TrackResult(predictions, scores, groups, notes)


def _told(
    rows: pd.DataFrame, rag: pd.Series, happened: FloatArray, said: FloatArray, known: FloatArray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": rows["row"].to_numpy(),
            "cluster": [f"project {number}" for number in rows["project"]],
            "name": rows["name"].to_numpy(),
            "year": rows["year"].to_numpy(),
            "actual_slip_days": rows["slip_days"].to_numpy(dtype=np.float64),
            f"actual_{WHAT}": happened,
            f"slipstream_{WHAT}": np.round(said, 4),
            f"climatology_{WHAT}": round(float(known.mean()), 4),
            f"rag_{WHAT}": rag.map(dict(enumerate(RAG_CHANCE))).to_numpy(dtype=np.float64),
        }
    )


def _scores(
    predictions: pd.DataFrame, seed: int
) -> tuple[dict[str, dict[str, Score]], dict[str, dict[str, dict[str, Score]]]]:
    groups = {f"year={year}": _of_rows(rows, seed) for year, rows in predictions.groupby("year", sort=True)}
    rated = predictions.loc[predictions[f"rag_{WHAT}"].notna()]
    if len(rated):
        groups["rows=with a RAG"] = _of_rows(rated, seed)
    return _of_rows(predictions, seed), groups


def _of_rows(predictions: pd.DataFrame, seed: int) -> dict[str, dict[str, Score]]:
    """The official RAG is judged where one is given."""
    found = {}
    for name in FORECASTERS:
        rows = predictions.loc[predictions[f"{name}_{WHAT}"].notna()]
        if not len(rows):
            continue
        actual = rows[f"actual_{WHAT}"].to_numpy(dtype=np.float64)
        said, base = (rows[f"{who}_{WHAT}"].to_numpy(dtype=np.float64) for who in (name, "climatology"))
        missed = (said - actual) ** 2
        statistics: dict[str, Statistic] = {
            "auc": Auc(actual, said),
            "brier": mean_of(missed),
            "brier_skill": skill_of(missed, (base - actual) ** 2),
            "mean_chance": mean_of(said),
            "rate": mean_of(actual),
        }
        found[name] = {key: clustered(value, rows["cluster"].tolist(), seed) for key, value in statistics.items()}
    return found


def _notes(rows: pd.DataFrame, found: list[pd.DataFrame], has_train: bool) -> list[str]:
    asked = rows.loc[rows["row"] >= 0]
    scored = sum(len(part) for part in found)
    return [
        f"Outcome: the end date told in the next year's publication lies more than {SLIP_DAYS} days after this year's.",
        "A project is recognised by its name without fillers, or by its start date and a like name, from one year to "
        f"the next; {len(asked) - scored} of {len(asked)} rows have no such next row, no end date, or no earlier "
        "outcome to learn from, and are not scored.",
        ("Fitted on the training file and on" if has_train else "Rolling by year of publication: fitted only on")
        + " outcomes published by the row's own year; climatology is the rate of slips among them.",
        "The official RAG is read as a chance: from 0.05 for green in even steps to 0.95 for red.",
        f"skill is against climatology; slip over six months happened in {_rate(found)} of the scored rows.",
    ]


def _rate(found: list[pd.DataFrame]) -> str:
    return f"{pd.concat(found)[f'actual_{WHAT}'].mean():.0%}" if found else "none"
