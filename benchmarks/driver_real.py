"""Two drivers whose direction the simulator cannot settle, on real Jira: work added to sprints, and late projects.

`python benchmarks/driver_real.py`; prints JSON lines; the public files of T1 and T2 are read from $SLIPSTREAM_SHARED
(default ../shared). In the simulator teams take work in only once their sprint is done, and due dates are drawn by no
project's habits.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.driver_truth import Claim, judged
from models.delivery_risk.landmarks import RATE_WEIGHT

SHARES = (0.0, 0.1, 0.25, 0.5)  # of the commitment done by then
WEEKS = (14, 28, 56)  # days from setting the due date to it
LEAST = 0.1  # log odds, as in what is told


def main() -> None:
    """A line a driver and direction; the same comparison as on the simulator."""
    shared = Path(os.environ.get("SLIPSTREAM_SHARED", Path(__file__).parents[2] / "shared")) / "data/forecasting"
    if not shared.exists():
        print(json.dumps({"work": "driver", "skipped": "no shared data here"}))
        return
    for percent in (30, 50, 80):
        cases = sprints(pd.read_csv(shared / f"sprints_t{percent}.csv"), f"sprint at {percent} %")
        claim = Claim(f"sprint at {percent} %", "added_scope", False, ("community", "band"))
        print(*map(json.dumps, judged(cases, [claim])), sep="\n", flush=True)
    claims = [Claim("issue", "late_rate", adds, ("community", "band")) for adds in (True, False)]
    print(*map(json.dumps, judged(issues(pd.read_csv(shared / "issues.csv")), claims)), sep="\n", flush=True)


def sprints(rows: pd.DataFrame, of: str) -> pd.DataFrame:
    """A case a sprint with a commitment; it happened that less was delivered than committed."""
    rows = rows.drop_duplicates("sprintid")
    rows = rows.loc[rows["commit"] > 0]
    return pd.DataFrame(
        {
            "of": of,
            "cluster": rows["boardid"],
            "drivers": [{"added_scope": -float(added > 0)} for added in rows["vel_added"]],
            "told": None,
            "happened": rows["vel_diff"] < 0,
            "community": rows["proj"],
            "band": np.searchsorted(SHARES, rows["vel_done"] / rows["commit"]),
        }
    )


def issues(rows: pd.DataFrame) -> pd.DataFrame:
    """A case an issue due a week or more after its date was set; the project's late share against its community's."""
    rows = rows.assign(late=(rows["delaydays"] > 0).astype(float), project=rows["issuekey"].str.split("-").str[0])
    for name in ("pred", "due"):
        rows[name] = pd.to_datetime(rows[name], errors="coerce", format="mixed")
    rows = rows.dropna(subset=["pred", "due"]).reset_index(drop=True)
    rows["cluster"] = rows["proj"] + "/" + rows["project"]
    late, number = _known(rows, "proj")
    whole = (late + 1.0) / (number + 2.0)
    late, number = _known(rows, "cluster")
    rate = (late + RATE_WEIGHT * whole) / (number + RATE_WEIGHT)
    odds = np.log(rate / (1.0 - rate)) - np.log(whole / (1.0 - whole))
    days = (rows["due"] - rows["pred"]).dt.days
    cases = pd.DataFrame(
        {
            "of": "issue",
            "cluster": rows["cluster"],
            "drivers": [{"late_rate": float(one) if abs(one) >= LEAST else 0.0} for one in odds],
            "told": None,
            "happened": rows["late"] > 0,
            "community": rows["proj"],
            "band": np.searchsorted(WEEKS, days),
        }
    )
    return cases.loc[days >= 7]


def _known(rows: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """Late ones and all of the same group that were due before each row's date was set."""
    late, number = np.zeros(len(rows)), np.zeros(len(rows))
    for places in rows.groupby(by).indices.values():
        part = rows.iloc[places]
        order = part.sort_values("due", kind="stable")
        before = np.searchsorted(order["due"].to_numpy(), part["pred"].to_numpy())
        late[places] = np.concatenate([[0.0], order["late"].to_numpy().cumsum()])[before]
        number[places] = before
    return late, number


if __name__ == "__main__":
    main()
