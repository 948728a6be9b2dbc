"""What is known of a major project when its row is published, and whether its end date then moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.gmpp.matching import previous_rows, roots

FloatArray = npt.NDArray[np.float64]

SLIP_DAYS = 183  # more than six months
RAG = {"green": 0.0, "ambergreen": 1.0, "amber": 2.0, "amberred": 3.0, "red": 4.0}
MONTH = 365.25 / 12
_SUCCESSORS = {  # departments under the name that followed
    "BIS": "BEIS", "DECC": "BEIS", "DOH": "DHSC", "DH": "DHSC", "DOH NON CAPI": "DHSC", "DOH CAPITAL": "DHSC",
    "DCLG": "MHCLG", "DFID": "FCDO", "FCO": "FCDO",
}  # fmt: skip


def read_rows(data: pd.DataFrame, train: pd.DataFrame | None) -> pd.DataFrame:
    """The rows of both files with dates read, projects recognised, outcomes joined; `row` is -1 for those of train."""
    frames = [data.assign(row=np.arange(len(data)), is_trained=False)]
    if train is not None:
        frames.append(train.assign(row=-1, is_trained=True))
    rows = pd.concat(frames, ignore_index=True)
    rows["year"] = pd.to_numeric(rows["year"]).astype(np.int64)
    rows = rows.drop_duplicates(["name", "dept", "year"], keep="first").reset_index(drop=True)
    for column in ("start", "end", "t"):
        rows[column] = pd.to_datetime(rows[column], errors="coerce")
    years = rows["year"].to_numpy(dtype=np.int64)
    rows["previous"] = previous_rows(rows["name"].astype(str).tolist(), rows["start"], years)
    rows["project"] = roots(rows["previous"].to_numpy(), years)
    return _with_outcome(rows)


def _with_outcome(rows: pd.DataFrame) -> pd.DataFrame:
    """`slip_days`: the end date of the same project a year later less this one, NaN where either is not told."""
    later = rows.loc[rows["previous"] >= 0]
    after = pd.Series(later["end"].to_numpy(), index=later["previous"].to_numpy())
    moved = (after.reindex(rows.index) - rows["end"]).dt.days
    told_by = pd.Series(later["is_trained"].to_numpy(dtype=np.bool_), index=later["previous"].to_numpy())
    return rows.assign(
        slip_days=moved.astype(np.float64), outcome_is_trained=told_by.reindex(rows.index, fill_value=False)
    )


def features_of(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a row, of what had been published by then."""
    months = (rows["end"] - rows["t"]).dt.days / MONTH
    length = (rows["end"] - rows["start"]).dt.days / MONTH
    previous = rows["previous"].to_numpy(dtype=np.int64)
    slips = rows["slip_days"].to_numpy(dtype=np.float64)
    dept = rows["dept"].fillna("").astype(str).str.strip().str.upper()
    return pd.DataFrame(
        {
            "months_left": months,
            "length_months": length,
            "share_elapsed": 1.0 - months / length.where(length > 0),
            "rag": rag_level(rows["rag"]),
            "last_slip_months": np.where(previous >= 0, slips[np.maximum(previous, 0)], np.nan) / MONTH,
            "dept": dept.map(_SUCCESSORS).fillna(dept),
        }
    )


def rag_level(told: pd.Series) -> pd.Series:
    """0 for green to 4 for red; NaN where it is exempt, reset or not given."""
    plain = told.fillna("").astype(str).str.lower().str.replace(r"[^a-z]", "", regex=True)
    return plain.map(RAG).astype(np.float64)
