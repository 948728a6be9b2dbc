"""From a calibrated distribution of days to the calendar days and the chance that a forecast states."""

from __future__ import annotations

from datetime import date

import numpy as np

from models.calibration import Curve
from models.schedule_slip import engine
from models.schedule_slip.events import day_of

LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
SUREST, LEAST = 0.95, 0.05  # no probability beyond these is ever printed: nothing measured supports it


def finish_dates(effective: int, days: dict[str, float]) -> dict[str, date]:
    """Calendar days, at least one ahead and at most the horizon, never out of order."""
    whole = np.clip(np.ceil(list(days.values())), 1, engine.HORIZON_DAYS).astype(np.int64)
    ordered = np.maximum.accumulate(whole)
    return {f"finish_on_{name}": day_of(effective + int(ahead)) for name, ahead in zip(days, ordered, strict=True)}


def chance_late(days_left: int, centre: float, curve: Curve, scale: float = 1.0) -> float:
    """P(finish after the due day), never beyond what may be said; the curve is of misses in units of `scale`."""
    done = curve.cdf((float(np.log(days_left)) - centre) / scale) if days_left >= 1 else 0.0
    return round(float(np.clip(1.0 - done, LEAST, SUREST)), 6)
