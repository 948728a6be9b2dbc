"""A project's finish by flow and by plan: both weigh the same where its plan names a last milestone.

Measured on the simulator's truth (benchmarks/milestones.py, docs/forecasts.md); the flow alone speaks where there is no
such milestone, where the plan engine has no forecast of it, or where the naive stands in for the flow.
"""

from __future__ import annotations

import numpy as np

from models.calibration import Curve
from models.schedule_slip.milestones import Said

_LEVELS = (np.arange(199) + 0.5) / 199


def pooled(centre: float, curve: Curve, plan: Said) -> Curve:
    """The residuals around `centre` of the pool: the mean of both engines' quantiles, on the scale of log days.

    For curves of one shape this is their logarithmic pool (Genest and Zidek 1986) but for its width, which is the mean
    of both: quantile averaging (Lichtendahl, Grushka-Cockayne and Winkler, Management Science 59, 2013).
    """
    points = [
        (curve.quantile(level) + plan.centre + plan.scale * plan.curve.quantile(level) - centre) / 2.0
        for level in _LEVELS
    ]
    spread = (curve.spread + plan.scale * plan.curve.spread) / 2.0
    return Curve(np.maximum.accumulate(np.array(points)), _LEVELS, 1.0, spread)
