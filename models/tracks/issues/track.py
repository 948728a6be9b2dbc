"""Track `issues`: the chance that an issue ends after its due date, said on the day that date was set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.columns import TrackDataError, refuse_outcome_copies, require
from models.tracks.issues import plain
from models.tracks.issues.features import DOUBTED, LEAST_DAYS, OWN, Cases, features, joined, read
from models.tracks.issues.model import fit, pooled
from models.tracks.probabilities import probability_scores
from models.tracks.track import Score, TrackResult

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Said = dict[str, FloatArray]

LEAST = 200
YEAR = 365.25
DIGITS = 6
NOTES = (
    f"Scored: rows whose due date is at least {LEAST_DAYS:.0f} days after pred, the day it was set; nearer ones are "
    "history only. Late: delaydays > 0. An outcome counts as known on the day after the due date.",
    "slipstream uses what earlier issues of the community had told by pred. slipstream_cold uses no outcome of the "
    "rows scored, only of those it was fitted on; slipstream is drawn towards it in communities not "
    "fitted on.",
    "perofdelay, workload and reporterrep are left out: as of when they were counted is not told. "
    "slipstream_doubted is slipstream with them, for comparison only.",
    "prior: the late share of the rows fitted on; days_remaining: that share by days to go; days_logistic: its curve.",
)


class IssuesTrack:
    """Issues with a due date, of projects in several communities."""

    name = "issues"
    columns: Mapping[str, str] = {
        "issuekey": "PROJECT-number", "proj": "the community", "opened": "day opened", "due": "the due date",
        "pred": "day the due date was set", "delaydays": "days late, 0 for none: the outcome", "type": "kind of issue",
        "priority": "its rank", **{name: "a count on that day" for name in OWN},
    }  # fmt: skip

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """With `train`: fitted there. Without: communities held out, and each year from the years before."""
        require(data, self.columns)
        asked = read(data)
        scored = np.asarray(asked.due - asked.set_on >= LEAST_DAYS, dtype=np.bool_)
        if not scored.any():
            raise TrackDataError(f"no due date is {LEAST_DAYS:.0f} days or more after pred.")
        if train is not None:
            require(train, self.columns)
            rest = read(train[~train["issuekey"].isin(data["issuekey"])])
            return _result(data, asked, scored, _answers(asked, rest, seed), seed, NOTES, set(rest.community))
        said = _held_out(asked, seed) | {"slipstream_forward": _forward(asked, seed)}
        notes = (
            *NOTES,
            "slipstream, _cold, _doubted and the plain ones: each community by a model of the others. "
            "slipstream_forward: each year from all issues due before it; nothing is said while there are few.",
        )
        return _result(data, asked, scored, said, seed, notes, set())


def _answers(asked: Cases, past: Cases, seed: int) -> Said:
    """Everything said of `asked` by forecasters fitted on `past`."""
    if len(past) < LEAST or len(np.unique(past.late)) < 2:
        raise TrackDataError(f"{len(past)} issues to fit on are too few (or all alike); at least {LEAST} are needed.")
    known, everything = features(past, past), joined(past, asked)
    refuse_outcome_copies(known, past.late, past.project.tolist(), "lateness")
    whole, apart = features(everything, everything), features(asked, past)
    model = fit(known, past, seed)
    cold, strange = model.cold(apart), ~np.isin(asked.community.astype(str), past.community.astype(str))
    said = {"slipstream": pooled(model.warm(whole, everything)[len(past) :], cold, strange), "slipstream_cold": cold}
    if set(DOUBTED) <= set(whole.columns):
        other = fit(known, past, seed, doubted=True)
        said["slipstream_doubted"] = pooled(other.warm(whole, everything)[len(past) :], other.cold(apart), strange)
    judged = past.due - past.set_on >= LEAST_DAYS
    plainly = past.take(judged) if judged.sum() >= LEAST else past
    remaining, to_go = plainly.due - plainly.set_on, asked.due - asked.set_on
    said["prior"] = plain.prior(plainly.late, len(asked))
    said["days_remaining"] = plain.days_remaining(remaining, plainly.late, to_go)
    said["days_logistic"] = plain.days_logistic(remaining, plainly.late, to_go)
    return said


def _held_out(asked: Cases, seed: int) -> Said:
    """Each community by what the others teach."""
    communities = np.unique(asked.community.astype(str))
    if len(communities) < 2:
        raise TrackDataError("one community alone cannot be held out; give --train.")
    said: Said = {}
    for community in communities:
        out = np.asarray(asked.community == community, dtype=np.bool_)
        for name, values in _answers(asked.take(out), asked.take(~out), seed).items():
            said.setdefault(name, np.full(len(asked), np.nan))[out] = values
    return said


def _forward(asked: Cases, seed: int) -> FloatArray:
    """Each year's issues by a model of all issues due before that year."""
    said = np.full(len(asked), np.nan)
    year = np.floor(asked.set_on / YEAR)
    for now in np.unique(year):
        past = asked.take(asked.due < now * YEAR)
        if len(past) >= LEAST and 0.0 < past.late.mean() < 1.0:
            said[year == now] = _year(asked, past, now, seed)[year == now]
    return said


def _year(asked: Cases, past: Cases, now: float, seed: int) -> FloatArray:
    model = fit(features(past, past), past, seed)
    until = np.flatnonzero(asked.set_on < (now + 1) * YEAR)
    said = np.full(len(asked), np.nan)
    part = asked.take(until)
    strange = ~np.isin(part.community.astype(str), past.community.astype(str))
    said[until] = pooled(model.warm(features(part, part), part), model.cold(features(part, past)), strange)
    return said


def _result(
    data: pd.DataFrame, asked: Cases, scored: BoolArray, said: Said, seed: int, notes: Sequence[str], seen: set[str]
) -> TrackResult:
    kept = np.flatnonzero(scored)
    predictions = pd.DataFrame(
        {
            "row": kept,
            "issuekey": data["issuekey"].astype(str).to_numpy()[kept],
            "cluster": asked.project[kept],
            "community": asked.community[kept],
            "pred": data["pred"].to_numpy()[kept],
            "due": data["due"].to_numpy()[kept],
            "actual_late": asked.late[kept],
            **{f"{name}_late": np.round(values[kept], DIGITS) for name, values in said.items()},
        }
    )
    groups = {f"community={name}": part for name, part in predictions.groupby("community")}
    if seen:
        inside = predictions["community"].isin(seen)
        parts = {"unseen=yes": predictions[~inside], "unseen=no": predictions[inside]}
        groups |= {name: part for name, part in parts.items() if len(part)}
    if "slipstream_forward" in said:
        groups["forward=yes"] = predictions.dropna(subset=["slipstream_forward_late"])
    return TrackResult(
        predictions,
        {name: _scores(predictions, name, seed) for name in said},
        {group: {name: _scores(part, name, seed) for name in said} for group, part in groups.items()},
        list(notes),
    )


def _scores(rows: pd.DataFrame, name: str, seed: int) -> dict[str, Score]:
    rows = rows.dropna(subset=[f"{name}_late"])
    happened, probability = (rows[column].to_numpy(dtype=np.float64) for column in ("actual_late", f"{name}_late"))
    return probability_scores(happened, probability, rows["cluster"].tolist(), seed)
