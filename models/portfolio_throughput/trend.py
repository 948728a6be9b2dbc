"""Prophet as the point forecaster of a weekly series; its own intervals are never used (they cover .39 of 80 %)."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

SEASONAL_WEEKS = 106  # two years, before a yearly season can be told from chance


def predict(counts: pd.Series, horizon: int, seed: int) -> FloatArray:
    """Expected count of each of the next `horizon` weeks, none below zero."""
    ahead = counts.index[-1] + pd.to_timedelta(7 * np.arange(1, horizon + 1), unit="D")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)  # Prophet 1.5 still drops columns in place
        model = _prophet(len(counts) >= SEASONAL_WEEKS)
        model.fit(pd.DataFrame({"ds": counts.index, "y": counts.to_numpy(dtype=np.float64)}), seed=seed)
        predicted = model.predict(pd.DataFrame({"ds": ahead}))["yhat"].to_numpy(dtype=np.float64)
    return np.asarray(np.maximum(predicted, 0.0), dtype=np.float64)


def _prophet(is_seasonal: bool) -> Any:
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
        uncertainty_samples=0,
    )
