"""dbt's project as a line builds it: what it is told, what decides its content, and as of when it speaks."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import SourceError
from expectations import policy
from pipelines.resources import registrar
from pipelines.resources.dbt import PROJECT_DIR, Dbt
from pipelines.resources.duckdb_session import Session
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.line import Line


class NothingLandedError(SourceError):
    """There is no sync to build from."""


def manifest(line: Line) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, for whoever shows the tables."""
    return read_manifest(manifest_path(line))


def manifest_path(line: Line) -> Path:
    """Where that is; the path names the content. Its folder holds dbt's project as it stands, parsed."""
    return dbt_of(line.settings, line.warehouse).manifest_path()


ANEW = "anew"
"""The folder beside the warehouse in which it is built anew."""


def dbt_of(settings: Settings, warehouse: Warehouse) -> Dbt:
    options = {"memory_limit": settings.memory_limit, "duckdb_threads": settings.threads}
    given = tuple(sorted((name, value) for name, value in options.items() if value))
    folder = warehouse.path.parent
    home = (folder.parent if folder.name == ANEW else folder).parent
    return _kept(home / "dbt", warehouse.path, given, warehouse.session)


@lru_cache(maxsize=4)
def _kept(target_dir: Path, warehouse_path: Path, options: tuple[tuple[str, Any], ...], session: Session) -> Dbt:
    """One per warehouse and process, so that the project is read once."""
    return Dbt(PROJECT_DIR, target_dir, warehouse_path, dict(options), PROJECT_DIR / "target", session)


@lru_cache(maxsize=4)
def read_manifest(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))  # the path names the content


def variables(line: Line, as_of: datetime) -> dict[str, Any]:
    settings = line.settings
    return {
        "is_present": line.as_of is None,
        "as_of": as_of.isoformat(sep=" "),  # to the instant: a tombstone bears the very time of its sync
        **settings.portfolio,
        "governance_mode": settings.governance_mode,
        "advising_modes": list(policy.advising_modes()),
    }


def inputs_hash(dbt: Dbt, settings: Settings) -> str:
    """Of what decides the content of tables besides landing and `as_of` (see `state.why_full`).

    That is the project, what the portfolio sets, how landing is shown to it, and the engines.
    """
    engines = [f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb")]
    shown = hashlib.sha256(Path(registrar.__file__).read_bytes()).hexdigest()
    told = " ".join([dbt.project_hash(), *map(str, settings.portfolio.values()), shown, *engines])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def as_of(line: Line, layer: str) -> datetime:
    """What was asked for; else the latest moment the sources told of; later layers follow the core."""
    if line.as_of is not None:
        given = line.as_of.astimezone(UTC) if line.as_of.tzinfo else line.as_of
        return given.replace(tzinfo=None, microsecond=0)
    query = "SELECT coalesce(max(server_time), max(known_at)) FROM landing.sync"
    with line.warehouse.read("dbt build") as db:
        if layer != "core":
            query = "SELECT max(as_of) FROM landing.build_state"
        row = db.execute(query).fetchone()
    latest: datetime | None = row[0] if row else None
    if latest is None:
        raise NothingLandedError("Nothing is landed yet, so there is nothing to build.", "Run `slipstream sync` first.")
    return latest
