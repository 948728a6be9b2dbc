"""Cases 23 to 26 downstream: only real deletions are deleted in the warehouse, the rest has its class, all returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.sandbox.server import Running
from connectors.source import SiteConfig
from pipelines.line import Line
from pipelines.settings import Settings
from pipelines.settings_secrets import SecretOptions
from pipelines.stages.build import builder
from pipelines.stages.sync import sync_site
from tests.fixtures.sandbox import running_world, small_world
from tests.fixtures.warehouse import parsed_target

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
ALFA, BRAVO = 10_200, 10_201


@dataclass
class Warehouse:
    """A sandbox and the warehouse that is kept of it."""

    jira: Running
    line: Line
    statuses: list[str] = field(default_factory=list)

    def refresh(self) -> None:
        self.jira.do("pass_time", seconds=60)
        (site,) = self.line.settings.sites
        report = sync_site(self.line.settings, site)
        self.statuses.append(report.status)
        builder.build_warehouse(self.line)

    def ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.line.settings.warehouse_path), read_only=True) as db:
            return db.execute(query, values).fetchall()

    def deleted(self) -> set[str]:
        return {native for (native,) in self.ask("select native_id from marts.dim_issue where is_deleted")}

    def classes(self) -> dict[str, str]:
        found = self.ask("select record_id, absence_class from marts.fct_missing_record where is_current")
        return {record.partition(":")[2]: why for record, why in found}

    def trust(self) -> dict[str, tuple[str, str]]:
        rows = self.ask("select project_id, trust_status, reasons from intermediate.int_governance__project_trust")
        return {project.partition(":")[2]: (status, reasons) for project, status, reasons in rows}

    def history(self, issue: int) -> list[tuple[Any, ...]]:
        columns = "change_id, field_id, from_value, to_value, changed_at"
        query = f"select {columns} from marts.fct_issue_field_history where issue_id = ? order by all"  # noqa: S608
        return self.ask(query, f"acme:{issue}")


@pytest.fixture
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    parsed_target(request.config, tmp_path)
    with running_world(small_world()) as jira:
        options = SecretOptions({"url": jira.url, "email": jira.email, "api_token": jira.token})
        site = SiteConfig("jira", "acme", options)
        yield Warehouse(jira, Line.of(Settings(home=tmp_path, sources_dir=tmp_path / "sources", sites=(site,))))


def test_case_24_only_real_deletions_are_deleted_downstream_and_all_else_comes_back(
    warehouse: Warehouse,
) -> None:
    jira = warehouse.jira
    warehouse.refresh()
    assert (warehouse.deleted(), warehouse.classes()) == (set(), {})
    before = warehouse.history(10_002)

    jira.do("delete_issue", issue=10_005)
    jira.do("archive_issue", issue=10_007)
    jira.do("revoke_browse", project=ALFA)
    warehouse.refresh()
    assert warehouse.deleted() == {"10005"}
    hidden = {str(issue): "not_visible" for issue in range(10_002, 10_025, 2)}
    assert warehouse.classes() == {"10005": "deleted", "10007": "archived", **hidden}
    assert warehouse.trust()["10200"] == ("not_trusted", "incomplete: issue (12 not visible)")
    assert warehouse.trust()["10201"][0] == "trusted"
    assert warehouse.history(10_002) == before

    jira.do("grant_browse", project=ALFA)
    jira.do("unarchive_issue", issue=10_007)
    jira.do("move_issue", issue=10_002, project=BRAVO)
    jira.do("rename_project_key", project=ALFA, key="ALPHA")
    warehouse.refresh()
    assert (warehouse.deleted(), warehouse.classes()) == ({"10005"}, {})
    assert warehouse.trust()["10200"] == ("trusted", "")
    rows = dict(warehouse.ask("select native_id, issue_key from marts.dim_issue"))
    assert (rows["10002"], rows["10004"]) == ("BRAVO-24", "ALPHA-4")
    keys = [row for row in warehouse.history(10_002) if "BRAVO-24" in row]
    assert len(keys) == 1
    assert "ALFA-2" in keys[0]
    assert set(before) <= set(warehouse.history(10_002))
    assert warehouse.statuses == ["complete", "partial", "complete"]
