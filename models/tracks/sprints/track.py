"""Track `sprints`: points delivered against points committed, forecast at some share of the sprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.columns import TrackDataError, refuse_outcome_copies, require
from models.tracks.sprints import features as table
from models.tracks.sprints.features import Sprints
from models.tracks.sprints.model import LEVELS, fit
from models.tracks.sprints.scores import spread, sprint_scores
from models.tracks.track import Score, TrackResult

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FIRST = 0.6  # of a community's sprints come first where the data is judged by itself, forwards
LEAST = 40
SURE = 0.9  # once all that is committed is done, little can be taken away again
NOTES = (
    "One row a sprint (the first of its rows). cluster is the board; delivered = commit + vel_diff.",
    "nmae is the mean absolute error divided by the interquartile range of vel_diff over the scored rows, at least 1.",
    "Order: within a board sprintid, which h_last follows in every row. Between boards the file tells no order; no "
    "figure of another board's running or later sprints is used.",
    "median says the middle vel_diff of the rows fitted on; earned_rate says that done points go on at their rate, up "
    "to the commitment; commitment says that the commitment is met exactly.",
)


@dataclass(frozen=True)
class Said:
    """What one way of holding out said of every sprint: quantiles of vel_diff, the chance to meet, the plain ones."""

    quantiles: FloatArray
    met: FloatArray
    median: FloatArray
    base: FloatArray

    @staticmethod
    def empty(number: int) -> Said:
        nothing = np.full(number, np.nan)
        return Said(np.full((number, len(LEVELS)), np.nan), nothing.copy(), nothing.copy(), nothing.copy())


class SprintsTrack:
    """Sprints of boards in several communities, seen at one share of their time."""

    name = "sprints"
    columns: Mapping[str, str] = {
        "boardid": "the board", "sprintid": "the sprint; in order of time within a board", "proj": "the community",
        "t": "share of the sprint that is over, in %", "vel_diff": "points delivered minus committed: the outcome",
        "commit": "points committed by now", "planday": "planned days", "n_iss": "issues in the sprint",
        "h_n": "earlier sprints of the board",
        **{name: "points" for name in table.PARTS}, **{name: "a count" for name in table.COUNTS},
        **{name: "a mean over the sprint's issues" for name in table.MEANS},
        **{name: "vel_diff of the board's earlier sprints" for name in table.HISTORY},
    }  # fmt: skip

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """With `train`: fitted there. Without: communities held out, and later sprints from earlier ones."""
        require(data, self.columns)
        asked = table.read(data)
        if train is not None:
            require(train, self.columns)
            past = _without(table.read(train), asked)
            return _result(asked, {"slipstream": _trained(asked, past, seed)}, seed, NOTES)
        ways = {"slipstream": _held_out(asked, seed), "slipstream_forward": _forward(asked, seed)}
        notes = (
            *NOTES,
            "slipstream: each community forecast by a model of the others. slipstream_forward: the last "
            f"{1 - FIRST:.0%} of each community's boards' sprints by a model of all communities' earlier ones.",
        )
        return _result(asked, ways, seed, notes)


def _without(past: Sprints, asked: Sprints) -> Sprints:
    """Sprints to fit on that are not among those scored."""
    scored = set(zip(asked.board, asked.sprint, strict=True))
    return past.take(np.array([key not in scored for key in zip(past.board, past.sprint, strict=True)], dtype=np.bool_))


def _trained(asked: Sprints, past: Sprints, seed: int) -> Said:
    said = Said.empty(len(asked))
    _say(said, np.ones(len(asked), dtype=np.bool_), asked, past, table.joined(past, asked), seed)
    return said


def _held_out(asked: Sprints, seed: int) -> Said:
    said = Said.empty(len(asked))
    for community in np.unique(asked.community.astype(str)):
        out = asked.community == community
        _say(said, out, asked.take(out), asked.take(~out), asked, seed)
    return said


def _forward(asked: Sprints, seed: int) -> Said:
    """By the rank of the sprint's id within its community: ids of one server are given out in order of time."""
    order = pd.Series(asked.sprint).groupby(asked.community.astype(str)).rank(pct=True).to_numpy()
    later = np.asarray(order > FIRST, dtype=np.bool_)
    said = Said.empty(len(asked))
    _say(said, later, asked.take(later), asked.take(~later), asked, seed)
    return said


def _say(said: Said, where: BoolArray, asked: Sprints, fitted: Sprints, past: Sprints, seed: int) -> None:
    """Fit on some sprints and put the answer for others in its place; `past` holds the boards' earlier sprints."""
    if len(fitted) < LEAST:
        raise TrackDataError(f"{len(fitted)} sprints to fit on are too few; at least {LEAST} are needed.")
    known = table.features(fitted, fitted)
    refuse_outcome_copies(known, fitted.diff, fitted.board.tolist(), "vel_diff")
    model = fit(known, fitted, seed)
    shares, met = model.answer(table.features(asked, past))
    floor = (asked.done - asked.commit)[:, None]  # what is done by now is delivered
    said.quantiles[where] = np.maximum(shares * asked.scale[:, None], floor)
    said.met[where] = np.where(asked.done >= asked.commit, np.maximum(met, SURE), met)
    said.median[where] = float(np.median(fitted.diff))
    said.base[where] = float(np.mean(fitted.diff >= 0))


def _result(asked: Sprints, ways: Mapping[str, Said], seed: int, notes: tuple[str, ...]) -> TrackResult:
    predictions = _predictions(asked, ways)
    scores = {name: _scores(predictions, name, seed) for name in _names(ways)}
    groups = {
        f"community={community}": {name: _scores(part, name, seed) for name in _names(ways)}
        for community, part in predictions.groupby("community")
    }
    if len(ways) > 1:
        later = predictions.dropna(subset=["slipstream_forward_delivered_p50"])
        groups["forward=yes"] = {name: _scores(later, name, seed) for name in _names(ways)}
    return TrackResult(predictions, scores, groups, notes)


def _names(ways: Mapping[str, Said]) -> list[str]:
    return [*ways, "median", "earned_rate", "commitment"]


def _predictions(asked: Sprints, ways: Mapping[str, Said]) -> pd.DataFrame:
    delivered = asked.commit + asked.diff
    columns: dict[str, object] = {
        "row": asked.row, "cluster": asked.board, "community": asked.community,
        "sprint": asked.sprint.astype(np.int64), "horizon": np.round(100 * asked.share).astype(np.int64),
        "commit": asked.commit, "actual_delivered": delivered, "actual_met": (asked.diff >= 0).astype(np.float64),
    }  # fmt: skip
    for name, said in ways.items():
        for place, level in enumerate(LEVELS):
            columns[f"{name}_delivered_p{100 * level:.0f}"] = asked.commit + said.quantiles[:, place]
        columns[f"{name}_met"] = said.met
    plain = next(iter(ways.values()))
    columns |= {
        "median_delivered_p50": asked.commit + plain.median, "median_met": plain.base,
        "earned_rate_delivered_p50": asked.commit + asked.earned, "commitment_delivered_p50": asked.commit,
    }  # fmt: skip
    return pd.DataFrame(columns)


def _scores(rows: pd.DataFrame, name: str, seed: int) -> dict[str, Score]:
    unit = spread((rows["actual_delivered"] - rows["commit"]).to_numpy(dtype=np.float64))
    rows = rows.dropna(subset=[f"{name}_delivered_p50"])
    said = {
        level: rows[column].to_numpy(dtype=np.float64)
        for level in LEVELS
        if (column := f"{name}_delivered_p{100 * level:.0f}") in rows.columns
    }
    actual, met = (rows[column].to_numpy(dtype=np.float64) for column in ("actual_delivered", "actual_met"))
    kept = (met, rows[f"{name}_met"].to_numpy(dtype=np.float64)) if f"{name}_met" in rows.columns else None
    naive = rows["median_delivered_p50"].to_numpy(dtype=np.float64)
    return sprint_scores(actual, said, unit, naive, rows["cluster"].tolist(), seed, kept)
