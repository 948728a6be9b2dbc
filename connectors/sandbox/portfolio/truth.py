"""What the simulator knows and the site does not tell: when each project really finishes, and why then.

Never reachable from the World. Forecast tests read it to judge forecasts; nothing else should.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """The fate of one project, as running the simulation on shows it. `finished_at` None: not within the horizon."""

    project_id: int
    project_key: str
    planned_on: date
    finished_at: datetime | None
    drivers: Mapping[str, int]

    @property
    def slip_days(self) -> int | None:
        return (self.finished_at.date() - self.planned_on).days if self.finished_at else None
