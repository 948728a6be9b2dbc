"""The tables that dbt builds of a home, for tests that ask whether the copy is what the tables show."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.jira.streams import STREAMS
from pipelines.resources.dbt import PROJECT_DIR, Dbt
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from tests.connectors.jira.homes import Home
from tests.fixtures.warehouse import DATABASE

_TABLES = ("+int_delivery__issue_current", "stg_jira__sprint", "stg_jira__worklog")
_ISSUES = """
    select native_id, issue_key, project_id, summary, status_native_id, strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%g')
    from intermediate.int_delivery__issue_current where not is_deleted order by all
"""


@dataclass
class Staging:
    """One database, built anew for every home it is asked about: `target` is a folder with the parsed project."""

    folder: Path
    target: Path
    dbt: Dbt = field(init=False)

    def __post_init__(self) -> None:
        self.dbt = Dbt(PROJECT_DIR, self.target, self.folder / DATABASE)

    def of(self, home: Home, as_of: str) -> Staging:
        self.dbt.warehouse_path.unlink(missing_ok=True)
        names = [stream.name for stream in STREAMS]
        Warehouse(self.dbt.warehouse_path).register(home.landing, Ledger(home.folder / "ledger"), {"jira": names})
        built = self.dbt.build((*_TABLES, "path:seeds"), {"as_of": as_of}, full_refresh=True, run_tests=False)
        built.raise_if_failed()
        return self

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with Warehouse(self.dbt.warehouse_path).read() as connection:
            return list(connection.execute(query).fetchall())

    def issues(self) -> list[tuple[Any, ...]]:
        """Key, project, summary, status and time of every issue that is not deleted."""
        return self.rows(_ISSUES)

    def latest(self, table: str, key: str, *columns: str) -> dict[str, tuple[Any, ...]]:
        """The last word on every record that is not deleted, by its key."""
        listed = ", ".join((key, *columns))
        order = "known_from desc, recorded_at desc"
        inner = f"select * from staging.{table} qualify row_number() over (partition by {key} order by {order}) = 1"  # noqa: S608
        return {row[0]: row[1:] for row in self.rows(f"select {listed} from ({inner}) where not is_deleted")}  # noqa: S608
