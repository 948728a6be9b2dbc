"""Prophet as the point of a weekly series, for those who ask for it; its own intervals (.39 of 80 %) are never used."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

SEASONAL_WEEKS = 106  # two years, before a yearly season can be told from chance


def predict(counts: pd.Series, horizon: int, seed: int, country: str | None = None) -> FloatArray:
    """Expected count of each of the next `horizon` weeks, none below zero; with a country, its holidays count."""
    ahead = counts.index[-1] + pd.to_timedelta(7 * np.arange(1, horizon + 1), unit="D")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)  # Prophet 1.5 still drops columns in place
        weeks = pd.DatetimeIndex([*counts.index, *ahead])
        model = _prophet(len(counts) >= SEASONAL_WEEKS, None if country is None else _holiday_weeks(weeks, country))
        model.fit(pd.DataFrame({"ds": counts.index, "y": counts.to_numpy(dtype=np.float64)}), seed=seed)
        predicted = model.predict(pd.DataFrame({"ds": ahead}))["yhat"].to_numpy(dtype=np.float64)
    return np.asarray(np.maximum(predicted, 0.0), dtype=np.float64)


def _holiday_weeks(weeks: pd.DatetimeIndex, country: str) -> pd.DataFrame:
    """Weeks in which a working day is a public holiday: a weekly series knows Mondays only, so each is moved to its."""
    from prophet.make_holidays import make_holidays_df

    days = pd.to_datetime(make_holidays_df(sorted({*weeks.year}), country)["ds"])
    days = days[days.dt.day_of_week < 5]
    mondays = (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).drop_duplicates()
    return pd.DataFrame({"ds": mondays, "holiday": "holiday week"})


def _prophet(is_seasonal: bool, holidays: pd.DataFrame | None) -> Any:
    """Imported here, for it takes more than a second; its optimiser's chatter is kept out of our output."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it complains that plotly is absent
    for name in ("prophet", "cmdstanpy"):
        logger = logging.getLogger(name)
        if not logger.hasHandlers():
            logger.addHandler(logging.NullHandler())  # without one cmdstanpy installs its own and prints each fit
        logger.setLevel(logging.ERROR)
    from prophet import Prophet

    return Prophet(
        yearly_seasonality=is_seasonal,
        weekly_seasonality=False,
        daily_seasonality=False,
        holidays=holidays,
        uncertainty_samples=0,
    )
