"""What a DuckDB connection needs beyond a file: extensions from wheels, access to objects, the shared catalogue.

One place for our own connections and for dbt's (`dbt_session.py`). Extensions are loaded from installed packages and
never fetched; secrets live in the connection only, and no error repeats a statement that holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import SourceError
from pipelines.resources import object_access
from pipelines.resources.sql import identifier, literal

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.settings_places import Catalogue, Target

SCHEMA = "slipstream"
"""Of the Postgres database: where DuckLake keeps its own tables."""

Connection = Any


class ExtensionError(SourceError):
    """An extension of DuckDB is not installed, or made for another version."""


@dataclass(frozen=True)
class Session:
    """What to prepare; by default nothing."""

    has_objects: bool = False
    catalogue: Catalogue | None = None

    @classmethod
    def of(cls, settings: Settings) -> Session:
        return cls(settings.places.has_objects, settings.places.catalogue)

    @property
    def target(self) -> Target:
        """The name of it in profiles.yml."""
        return "ducklake" if self.catalogue else "embedded"

    @property
    def embedded(self) -> Session:
        """The same for a warehouse in a file."""
        return Session(self.has_objects)

    def prepare(self, connection: Connection) -> None:
        """Make ready to read and write where settings say; `attach` follows where the warehouse is shared."""
        if self.has_objects:
            load(connection, "httpfs")
            _secretly(connection, object_access.duckdb_secret())
        if self.catalogue is not None:
            load(connection, "postgres_scanner")
            load(connection, "ducklake")
            for statement in _catalogue_secrets(self.catalogue):
                _secretly(connection, statement)

    def try_out(self) -> None:
        """Raise what `prepare` would, on a connection to nothing."""
        import duckdb

        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
            self.prepare(connection)

    def attach(self, connection: Connection, name: str, *, read_only: bool = False) -> None:
        """The shared catalogue under this name, and as what unqualified names mean."""
        if not _is_attached(connection, name):
            mode = " (READ_ONLY)" if read_only else ""
            connection.execute(f"ATTACH 'ducklake:slipstream' AS {identifier(name)}{mode}")
        connection.execute(f"USE {identifier(name)}")


_current: list[Session] = []


@contextmanager
def using(session: Session) -> Iterator[None]:
    """What dbt's connections are prepared with while the block runs."""
    _current.append(session)
    try:
        yield
    finally:
        _current.pop()


def current(target: Target) -> Session:
    """That of the innermost `using`; for a person at the dbt command line, what the environment says of this target."""
    if _current:
        return _current[-1]
    from pipelines import settings

    return Session.of(settings.load(settings.child_environment(SLIPSTREAM_TARGET=target)))


def load(connection: Connection, name: str) -> None:
    """Load an extension from its installed package."""
    import duckdb

    try:
        connection.execute(f"LOAD {literal(_extension_file(name))}")
    except duckdb.Error as error:
        raise ExtensionError(
            f"DuckDB {duckdb.__version__} cannot load its extension {name}: {str(error).splitlines()[0]}",
            f"Install duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}; both versions must be the same.",
        ) from None


def _extension_file(name: str) -> Path:
    found = find_spec(f"duckdb_extension_{name}")
    folders = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    files = sorted(path for folder in folders for path in folder.rglob(f"{name}.duckdb_extension"))
    if not files:
        import duckdb

        raise ExtensionError(
            f"The settings need DuckDB's extension {name}, which is not installed.",
            f"Install the extra, pip install 'slipstream[shared]', or duckdb-extension-{name.replace('_', '-')}"
            f"=={duckdb.__version__}.",
        )
    return files[-1]


def _catalogue_secrets(catalogue: Catalogue) -> Iterator[str]:
    parameters = {}
    if catalogue.password:
        yield f"CREATE OR REPLACE SECRET slipstream_postgres (TYPE postgres, PASSWORD {literal(catalogue.password)})"
        parameters["SECRET"] = "slipstream_postgres"  # noqa: S105 (a name)
    parameters["TYPE"] = "postgres"
    given = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in parameters.items())
    yield (
        f"CREATE OR REPLACE SECRET slipstream (TYPE ducklake, METADATA_PATH {literal(catalogue.dsn)}, "
        f"METADATA_SCHEMA {literal(SCHEMA)}, DATA_PATH {literal(catalogue.files)}, "
        f"METADATA_PARAMETERS MAP {{{given}}})"
    )


def _secretly(connection: Connection, statement: str) -> None:
    """Run a statement that holds a secret; DuckDB's errors may quote it."""
    import duckdb

    try:
        connection.execute(statement)
    except duckdb.Error as error:
        kind = type(error).__name__
        raise ExtensionError(f"DuckDB refuses the credentials' form ({kind}).", "Check how they are written.") from None


def _is_attached(connection: Connection, name: str) -> bool:
    query = "SELECT 1 FROM duckdb_databases() WHERE database_name = ?"
    return connection.execute(query, [name]).fetchone() is not None
