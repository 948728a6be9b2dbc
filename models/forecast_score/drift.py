"""Whether a model still keeps its promise: the coverage of its 80 % intervals lies in the band, or it has drifted.

A model has drifted where the 90 % interval of its coverage, by bootstrap of whole projects, lies wholly outside .77 to
.83: a miss that is neither chance nor too small to matter. What it really said counts before what it would have said;
what the naive said in its place tells nothing of it. While the naive speaks nothing new comes of the model, so its last
score would stand for ever: it counts for as long as what it judged would still be judged, which is a year.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import pandas as pd

from models.forecast_score.finish import WINDOW_DAYS

BAND = (0.77, 0.83)
FEWEST_CLUSTERS = 10  # with fewer, the bootstrap's interval is too narrow to accuse anybody by
EVIDENCE = ("issued", "backtest")
COLUMNS = (
    "model_id", "model_version", "subject_type", "horizon_band", "evidence", "measure", "as_of_on", "score_status",
    "value", "value_low", "value_high", "resolved_count", "cluster_count", "scored_to_on", "known_from",
)  # fmt: skip


def drifted(scores: pd.DataFrame, model_id: str, version: str) -> Mapping[str, str]:
    """Kind of subject → why this version of the model is not to be used for it; from the newest score of each kind."""
    own = scores.loc[
        (scores["model_id"] == model_id)
        & (scores["model_version"] == version)
        & (scores["measure"] == "coverage_80")
        & (scores["horizon_band"] == "all")
    ]
    said = own.loc[own["evidence"].isin(EVIDENCE) & ~_is_past(own)]
    newest = said.sort_values(["as_of_on", "known_from"], kind="stable").drop_duplicates(
        ["subject_type", "evidence"], keep="last"
    )
    usable = newest.loc[(newest["score_status"] == "ok") & (newest["cluster_count"] >= FEWEST_CLUSTERS)]
    order = usable["evidence"].map({name: place for place, name in enumerate(EVIDENCE)})
    best = usable.assign(order=order).sort_values(["subject_type", "order"], kind="stable")
    best = best.drop_duplicates("subject_type")
    return {str(row["subject_type"]): _reason(row) for row in best.to_dict("records") if not _holds(row)}


def _is_past(own: pd.DataFrame) -> pd.Series:
    """Whether all that a score judged is too old to be judged on the day of the model's newest score."""
    last = pd.to_datetime(own["scored_to_on"]).fillna(pd.to_datetime(own["as_of_on"]))
    return pd.to_datetime(own["as_of_on"]).max() - last >= pd.Timedelta(days=WINDOW_DAYS)


def _holds(row: Mapping[Hashable, object]) -> bool:
    return float(str(row["value_low"])) <= BAND[1] and float(str(row["value_high"])) >= BAND[0]


def _reason(row: Mapping[Hashable, object]) -> str:
    whence = "said" if row["evidence"] == "issued" else "would have said"
    return (
        f"{100 * float(str(row['value'])):.0f} % of the outcomes fell within the 80 % intervals that it {whence} "
        f"({100 * float(str(row['value_low'])):.0f} to {100 * float(str(row['value_high'])):.0f} %, "
        f"{row['resolved_count']} resolved)"
    )
