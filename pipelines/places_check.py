"""What `slipstream doctor` says of the object store and the shared catalogue, where settings name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from connectors.errors import SourceError
from connectors.source import Finding

if TYPE_CHECKING:
    from pipelines.settings import Settings


def check_places(settings: Settings) -> Iterator[Finding]:
    """One finding for each place that is not a folder; none for a home on one machine."""
    for name, place in (("landing", settings.landing_dir), ("ledger", settings.ledger_dir)):
        if isinstance(place, str):
            yield _tried(name, f"{place} takes a name once", lambda place=place: _prove(place))  # type: ignore[misc]
    if settings.places.has_objects:
        yield _tried("DuckDB", "reads the object store", lambda: _prepare(settings))
    if settings.places.catalogue:
        catalogue = settings.places.catalogue
        yield _tried("catalogue", f"{catalogue} can be opened, files in {catalogue.files}", lambda: _open(settings))


def _tried(name: str, holds: str, trial: Callable[[], None]) -> Finding:
    try:
        trial()
    except SourceError as error:
        return Finding(name, False, error.message, error.remedy)
    return Finding(name, True, holds)


def _prove(place: str) -> None:
    from pipelines.resources.landing_objects import S3Store

    S3Store(place).prove()


def _prepare(settings: Settings) -> None:
    from pipelines.resources.duckdb_session import Session

    Session.of(settings).embedded.try_out()


def _open(settings: Settings) -> None:
    from pipelines.resources.warehouse import Warehouse

    with Warehouse.of(settings).write("doctor"):
        return
