"""What one run of the line works with: settings, the owners of state, `as_of`, and where progress goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pipelines.resources.landing import Landing
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.resources.worker import Compute, here
from pipelines.settings import Settings
from pipelines.stages.sync import SyncReport

Teller = Callable[[str], None]
"""Takes a sentence of progress, for a person."""


def _silent(_: str) -> None:
    return None


@dataclass
class Line:
    """One run's view of the world. `as_of` None means: as of the latest moment the sources told us of."""

    settings: Settings
    as_of: datetime | None = None
    full: bool = False
    tell: Teller = _silent
    syncs: list[SyncReport] = field(default_factory=list)
    compute: Compute = here
    """Where rules, forecasts and pages are computed."""
    is_unattended: bool = False
    """A scheduled run waits and tries again where a person at the terminal would rather be told."""
    warehouse_path: Path | None = None
    """Where to build instead of in the home's warehouse."""
    only_syncs: frozenset[str] | None = None
    """Look at no other syncs than these."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        as_of: datetime | None = None,
        full: bool = False,
        progress: Teller | None = None,
        compute: Compute = here,
    ) -> Line:
        """A line for these settings; nothing is opened before it is needed."""
        return cls(settings, as_of, full, progress or _silent, compute=compute)

    @property
    def moment(self) -> datetime:
        """As of when this run speaks: what was asked for, else the instant the tables were built for."""
        return self.as_of or self.warehouse.built_as_of() or self.landing.clock()()

    def synced(self, report: SyncReport) -> None:
        """Remember a sync of this run, for its exit code and summary."""
        self.syncs.append(report)
        self.tell(report.summary())

    @cached_property
    def landing(self) -> Landing:
        return Landing(self.settings.landing_dir, quarantine=self.settings.quarantine_dir, only=self.only_syncs)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.settings.ledger_dir)

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse.of(self.settings, self.warehouse_path)
