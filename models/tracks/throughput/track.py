"""The track `throughput`: totals of the next 4, 8 and 12 weeks, promises of "at least", judged beside the bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.scoring import crps_each
from models.tracks.statistics import inside, mean_of, pinball_each, ratio_of
from models.tracks.throughput.cases import FEWEST_ACTIVE_WEEKS, HORIZONS, STEP, Series, cases_of, read_series
from models.tracks.throughput.online import forecast
from models.tracks.track import Score, TrackResult, clustered

FloatArray = npt.NDArray[np.float64]

TOLD = {"p10": 0.10, "p15": 0.15, "p50": 0.50, "p80": 0.80, "p90": 0.90}
DRAWN = (np.arange(99) + 0.5) / 99  # levels at which the distribution is read for the CRPS
BOOTSTRAP_WEEKS, BOOTSTRAP_DRAWS = 13, 1000
FORECASTERS = ("slipstream", "bootstrap")


@dataclass(frozen=True)
class Said:
    """What one forecaster said of the scored cases: the told quantiles, and the counts its distribution is made of."""

    told: FloatArray
    drawn: FloatArray


class Throughput:
    """How much of its work a series completes."""

    name = "throughput"
    columns: Mapping[str, str] = {
        "series": "the series, named source:key",
        "week": "Monday of the week",
        "done": "items completed in that week",
    }

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """Every fourth week of each series of `data` is an origin, as soon as five active weeks are known."""
        series = read_series(data, train)
        cases = cases_of(series)
        scored = cases.loc[cases["is_scored"]] if len(cases) else cases
        notes = _notes(series, scored, train is not None)
        if not len(scored):
            return TrackResult(pd.DataFrame(columns=["row", "cluster", "horizon"]), {}, {}, notes)
        answer = forecast(cases, [item.source for item in series], np.array(list(TOLD.values())), DRAWN)
        scored = scored.loc[answer.index]
        said = {
            "slipstream": Said(answer.quantiles, answer.counts),
            "bootstrap": _bootstrap(series, scored, seed),
        }
        predictions = _predictions(series, scored, said)
        return TrackResult(predictions, *_scores(predictions, seed), notes)


def _bootstrap(series: list[Series], scored: pd.DataFrame, seed: int) -> Said:
    """Weeks drawn with replacement from the last 13 known; a generator of its own for each series and origin."""
    told, drawn = [], []
    for number, origin, horizon in zip(scored["number"], scored["origin"], scored["horizon"], strict=True):
        item = series[number]
        rng = np.random.Generator(np.random.PCG64([seed, item.first_day + 7 * origin + 10**6, horizon]))
        recent = item.counts[max(origin - BOOTSTRAP_WEEKS, 0) : origin]
        total = rng.choice(recent, size=(BOOTSTRAP_DRAWS, horizon)).sum(axis=1)
        told.append(np.quantile(total, list(TOLD.values())))
        drawn.append(np.quantile(total, DRAWN, method="inverted_cdf"))
    return Said(np.array(told), np.array(drawn))


def _predictions(series: list[Series], scored: pd.DataFrame, said: Mapping[str, Said]) -> pd.DataFrame:
    name = [series[number].name for number in scored["number"]]
    actual = scored["actual"].to_numpy(dtype=np.float64)
    frame = pd.DataFrame(
        {
            "row": scored["row"].to_numpy(),
            "cluster": name,
            "source": [series[number].source for number in scored["number"]],
            "known_to": pd.to_datetime(scored["day"].to_numpy() - 1, unit="D"),
            "horizon": scored["horizon"].to_numpy(),
            "actual_done": actual,
        }
    )
    for forecaster, answer in said.items():
        for place, level in enumerate(TOLD):
            frame[f"{forecaster}_done_{level}"] = np.round(answer.told[:, place], 3)
        frame[f"{forecaster}_crps"] = np.round(crps_each(actual, answer.drawn), 4)
    return frame.sort_values(["cluster", "known_to", "horizon"], kind="stable").reset_index(drop=True)


def _scores(
    predictions: pd.DataFrame, seed: int
) -> tuple[dict[str, dict[str, Score]], dict[str, dict[str, dict[str, Score]]]]:
    """Scores in all carry the horizon in their name; `groups` has them by horizon, by source, and by both."""
    overall: dict[str, dict[str, Score]] = {name: {} for name in FORECASTERS}
    groups: dict[str, dict[str, dict[str, Score]]] = {}
    for horizon in HORIZONS:
        part = predictions.loc[predictions["horizon"] == horizon]
        if len(part):
            groups[f"horizon={horizon}"] = _of_rows(part, seed)
            for name in FORECASTERS:
                told = groups[f"horizon={horizon}"][name]
                overall[name] |= {f"{key}_{horizon}w": value for key, value in told.items()}
    for source in sorted(set(predictions["source"])):
        rows = predictions.loc[predictions["source"] == source]
        groups[f"source={source}"] = _of_rows(rows, seed)
        for horizon in HORIZONS:
            part = rows.loc[rows["horizon"] == horizon]
            if len(part):
                groups[f"source={source}, horizon={horizon}"] = _of_rows(part, seed)
    for name, told in _of_rows(predictions, seed).items():
        overall[name] |= told
    return overall, groups


def _of_rows(rows: pd.DataFrame, seed: int) -> dict[str, dict[str, Score]]:
    actual, clusters = rows["actual_done"].to_numpy(dtype=np.float64), rows["cluster"].tolist()
    found: dict[str, dict[str, Score]] = {}
    for name in FORECASTERS:
        level = {key: rows[f"{name}_done_{key}"].to_numpy(dtype=np.float64) for key in TOLD}
        values = {
            "coverage_80": inside(actual, level["p10"], level["p90"]).astype(np.float64),
            "kept_85": (actual >= level["p15"]).astype(np.float64),
            "crps": rows[f"{name}_crps"].to_numpy(dtype=np.float64),
            "pinball_10": pinball_each(actual, level["p10"], 0.10),
            "pinball_50": pinball_each(actual, level["p50"], 0.50),
            "pinball_80": pinball_each(actual, level["p80"], 0.80),
            "pinball_90": pinball_each(actual, level["p90"], 0.90),
        }
        found[name] = {key: clustered(mean_of(value), clusters, seed) for key, value in values.items()}
        found[name]["width_80"] = clustered(ratio_of(level["p90"] - level["p10"], actual), clusters, seed)
        found[name]["crps_per_item"] = clustered(ratio_of(values["crps"], actual), clusters, seed)
    return found


def _notes(series: list[Series], scored: pd.DataFrame, has_train: bool) -> list[str]:
    answered = set(scored["number"]) if len(scored) else set()
    silent = [n for n, item in enumerate(series) if n not in answered and item.scored_from < len(item.counts)]
    short = [series[n].name for n in silent]
    history = "fitted on the training file and on" if has_train else "without a training file: fitted only on"
    notes = [
        f"Rolling origins every {STEP} weeks; {history} what was resolved before each origin.",
        "A week without a row inside a series counts as nothing done.",
        "Quantiles are continuous (of the count plus a uniform draw from (-1/2, 1/2), none below 0) and calibrated as "
        "they are compared: an outcome equal to an end lies inside, a promise is kept from its quantile (p15) upwards.",
        "width_80 is the mean width of the 80 % interval over the mean outcome. Intervals of scores draw whole series.",
    ]
    if short:
        notes.append(
            f"Not enough history (under {FEWEST_ACTIVE_WEEKS} active weeks, or no whole window after them): "
            f"{len(short)} series without forecast: {', '.join(short[:10])}{' …' if len(short) > 10 else ''}."
        )
    return notes
