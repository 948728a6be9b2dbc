"""The same tables by settings alone: landing and ledger in an object store, the warehouse in DuckLake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from connectors.sandbox.server import Running
from pipelines.resources import duckdb_session, object_access
from pipelines.resources.landing import Landing
from pipelines.resources.landing_store import open_store
from pipelines.resources.sql import identifier, literal
from pipelines.settings import load
from tests.journeys.line_home import Done, Slipstream, new_home, portfolio, slipstream, two_sites, write_register
from tests.shared.conftest import PASSWORD, S3, SECRET, Postgres

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.filterwarnings("default")]
SCHEMAS = ("staging", "intermediate", "marts", "reporting")


@dataclass
class World:
    """One portfolio, one landing and ledger in an object store, and two homes on it: one a target."""

    jira: Running
    run: Slipstream
    store: str
    embedded: Path
    shared: Path
    catalogue: str

    @property
    def places(self) -> dict[str, str]:
        return {"SLIPSTREAM_LANDING": f"{self.store}/landing", "SLIPSTREAM_LEDGER": f"{self.store}/ledger"}

    @property
    def target(self) -> dict[str, str]:
        """What makes the other warehouse of it."""
        lake = {"SLIPSTREAM_CATALOGUE": self.catalogue, "SLIPSTREAM_LAKE": f"{self.store}/lake"}
        return {"SLIPSTREAM_TARGET": "ducklake", **lake}

    def here(self, *arguments: str, **more: str) -> Done:
        return self.run(self.embedded, *arguments, **self.places, **more)

    def there(self, *arguments: str, **more: str) -> Done:
        return self.run(self.shared, *arguments, **self.places, **self.target, **more)

    @contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A BI tool's way, in plain SQL as docs/deploy.md tells it."""
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
            for extension in ("httpfs", "postgres_scanner", "ducklake"):
                duckdb_session.load(connection, extension)
            connection.execute(object_access.duckdb_secret())
            dsn = " ".join(f"{name}={value}" for name, value in _parts(self.catalogue).items())
            connection.execute(
                f"ATTACH {literal(f'ducklake:postgres:{dsn}')} AS warehouse (READ_ONLY, METADATA_SCHEMA 'slipstream')"
            )
            yield connection


def _parts(address: str) -> dict[str, str]:
    catalogue = load({"SLIPSTREAM_TARGET": "ducklake", "SLIPSTREAM_CATALOGUE": address}).places.catalogue
    assert catalogue is not None
    return dict(catalogue.connection)


@pytest.fixture(scope="module")
def world(s3: S3, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with portfolio() as (jira, simulator), slipstream(folder) as run:
        homes = [new_home(folder / name, two_sites(jira)) for name in ("embedded", "shared")]
        for home in homes:
            write_register(simulator, home)
        run.at_most_seconds = 900  # every table of the shared catalogue is a commit to Postgres
        world = World(jira, run, s3.bucket(), homes[0], homes[1], postgres.database())
        done = world.here("run")
        assert done.code == 0, done.said
        yield world


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """All stored tables and their columns, but for those that say by which build, or from which file, a row came."""
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() SEMI JOIN duckdb_tables() "
        "USING (database_name, schema_name, table_name) WHERE database_name = ? AND schema_name IN (SELECT unnest(?)) "
        "AND column_name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY ALL",
        [database, list(SCHEMAS)],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def differing(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> dict[str, int]:
    """How many rows of each table are in one of two databases only."""
    columns = tables(connection, one)
    assert columns == tables(connection, other)
    assert len(columns) > 80
    found = {}
    for table, names in columns.items():
        listed = ", ".join(identifier(name) for name in names)
        here, there = (f"SELECT {listed} FROM {database}.{table}" for database in (one, other))  # noqa: S608
        only = f"(({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))"
        found[table] = connection.execute(f"SELECT count(*) FROM {only}").fetchall()[0][0]  # noqa: S608
    return {table: count for table, count in found.items() if count}


def copied(store: str, target: Path) -> None:
    """All objects below an address, as files: the same bytes under the same names."""
    source = open_store(store)

    def copy(folder: str) -> None:
        (target / folder).mkdir(parents=True, exist_ok=True)
        for name in source.names(folder):
            (target / folder / name).write_bytes(source.read(f"{folder}/{name}" if folder else name))
        for below in source.folders(folder):
            copy(f"{folder}/{below}" if folder else below)

    copy("")


def test_an_object_store_gives_the_tables_that_folders_give(world: World, tmp_path: Path) -> None:
    home = new_home(tmp_path / "local", two_sites(world.jira))
    copied(f"{world.store}/landing", home / "landing")
    copied(f"{world.store}/ledger", home / "ledger")
    for done in (world.run(home, "build", "--full-refresh"), world.here("build", "--full-refresh")):
        assert done.code == 0, done.said
    assert not (world.embedded / "landing").exists()
    assert not (world.embedded / "ledger").exists()
    with duckdb.connect(":memory:") as connection:
        for name, place in (("folders", home), ("objects", world.embedded)):
            connection.execute(f"ATTACH {literal(place / 'warehouse' / 'warehouse.duckdb')} AS {name} (READ_ONLY)")
        assert differing(connection, "folders", "objects") == {}
    landing = Landing(f"{world.store}/landing", quarantine=tmp_path)
    assert landing.verify() == []
    assert {commit.site for commit in landing.commits()} == {"acme", "pmo"}


def test_the_target_alone_makes_the_same_tables_in_the_shared_catalogue(world: World) -> None:
    """Killed half-way, in full, and then by what a week brought; with the whole line, and the proof by a rebuild."""
    assert world.there("build", kill_at="line.model:30").was_killed
    for done in (world.there("run"), world.there("build"), world.here("build")):
        assert done.code == 0, done.said
    compare(world)

    world.jira.advance(7)
    with watched(world, 2):
        done = world.there("run")
    assert done.code == 0, done.said
    assert "rebuilding in full" not in done.said
    released = world.shared / "published" / "current"
    assert (released / "portfolio.duckdb").exists()
    with duckdb.connect(str(released / "portfolio.duckdb"), read_only=True) as connection:
        (daily,) = connection.execute("SELECT count(*) FROM marts.fct_issue_daily").fetchall()[0]
        assert daily > 0

    done = world.there("verify", "rebuild")
    assert done.code == 0, done.said
    assert "0 rows differ" in done.said
    for ran in (world.there("build"), world.here("build")):
        assert ran.code == 0, ran.said
    compare(world)
    assert not (world.shared / "warehouse" / "warehouse.duckdb").exists()
    for path in (*world.shared.rglob("*.json"), *world.shared.rglob("*.log"), *world.shared.rglob("*.msgpack")):
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        assert PASSWORD.encode() not in content, path


def compare(world: World) -> None:
    with world.reader() as connection:
        file = world.embedded / "warehouse" / "warehouse.duckdb"
        connection.execute(f"ATTACH {literal(file)} AS embedded (READ_ONLY)")
        assert differing(connection, "embedded", "warehouse") == {}


@contextmanager
def watched(world: World, readers: int) -> Iterator[None]:
    """Readers on connections of their own ask all the time while the block runs; none fails, none sees half a table."""
    stop, counts, errors = threading.Event(), [0] * readers, list[BaseException]()

    def ask(number: int) -> None:
        question = "SELECT count(*), count(DISTINCT issue_id) FROM warehouse.marts.dim_issue"
        least = 0
        try:
            with world.reader() as connection:
                while not stop.wait(0.2):
                    rows, issues = connection.execute(question).fetchall()[0]
                    assert rows == issues, "a table half deleted and half inserted"
                    assert issues >= least > -1
                    least = issues
                    counts[number] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert min(counts) > 5
