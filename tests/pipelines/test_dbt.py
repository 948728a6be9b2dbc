"""dbt in process: parsed once, quiet, released, and clear when something fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.dbt import Dbt
from pipelines.resources.dbt_results import DbtError, NodeResult

PROJECT = """
name: small
version: "1.0"
profile: small
vars: {as_of: never}
"""
PROFILES = """
small:
  target: only
  outputs:
    only: {type: duckdb, path: "{{ var('warehouse_path') }}", threads: 2}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A project of three models, the second of which breaks when asked to."""
    home = tmp_path_factory.mktemp("small")
    project = home / "project"
    (project / "models").mkdir(parents=True)
    for folder in ("macros", "seeds", "tests"):
        (project / folder).mkdir()
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(PROFILES)
    models = {
        "first": "select '{{ var(\"as_of\") }}' as said, 1 as number",
        "second": "select {{ var('column', 'number') }} from {{ ref('first') }}",
        "third": "select * from {{ ref('second') }}",
    }
    for name, sql in models.items():
        (project / "models" / f"{name}.sql").write_text(sql)
    (project / "models" / "models.yml").write_text(
        "models: [{name: first, columns: [{name: said, data_tests: [{accepted_values: "
        "{arguments: {values: [monday, tuesday]}}}]}]}]"
    )
    return Dbt(project, home / "target", home / "small.duckdb")


def test_each_build_sees_its_own_variables_without_parsing_again(small: Dbt) -> None:
    heard: list[NodeResult] = []
    for day in ("monday", "tuesday"):
        result = small.build(["*"], {"as_of": day}, on_node=heard.append)
        assert result.ok
        with duckdb.connect(str(small.warehouse_path), read_only=True) as db:
            assert db.execute("select said from main.first").fetchall() == [(day,)]
    assert len(list(small.target_dir.glob("parsed-*"))) == 1
    assert [node.name for node in heard if node.resource_type == "model"].count("third") == 2
    assert [node.failures for node in result.nodes if node.resource_type == "test"] == [0]


def test_the_warehouse_is_free_for_another_process_after_a_build(small: Dbt) -> None:
    small.build(["first"])
    code = (
        f"import duckdb; duckdb.connect({str(small.warehouse_path)!r}).execute('create or replace table t as select 1')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_nothing_is_written_beside_the_target_and_the_warehouse(small: Dbt, capfd: pytest.CaptureFixture[str]) -> None:
    small.build(["first"])
    home = small.target_dir.parent
    assert {path.name for path in home.iterdir()} == {"project", "target", "small.duckdb"}
    assert {path.name for path in (home / "project").iterdir()} == {
        "dbt_project.yml",
        "macros",
        "models",
        "profiles.yml",
        "seeds",
        "tests",
    }
    assert capfd.readouterr().out == ""


def test_a_broken_model_is_named_with_its_message_and_its_sql(small: Dbt) -> None:
    result = small.build(["*"], {"column": "missing", "as_of": "monday"})
    assert [(node.name, node.status) for node in result.failed if node.resource_type == "model"] == [
        ("second", "error"),
        ("third", "skipped"),
    ]
    with pytest.raises(DbtError, match=r"second: .*missing.*SQL: .*/compiled/.*second\.sql") as raised:
        result.raise_if_failed()
    named = Path(str(raised.value).rsplit("SQL: ", 1)[1].rstrip("."))
    assert "missing" in named.read_text()
    assert small.build(["*"], {"as_of": "monday"}).ok, "a failed build leaves nothing in the way"


def test_exactly_the_chosen_nodes_are_built_and_wait_for_each_other_through_what_stands_between(small: Dbt) -> None:
    assert small.build(["*"], {"as_of": "monday"}).ok
    chosen = ("model.small.third", "model.small.first")
    built = small.build_nodes(chosen, {"as_of": "tuesday"})
    assert [node.unique_id for node in built.nodes] == ["model.small.first", "model.small.third"]
    broken = small.build_nodes(chosen, {"as_of": "one's own"})
    assert [(node.name, node.status) for node in broken.nodes] == [("first", "error"), ("third", "skipped")]
    assert small.build_nodes((), {}).nodes == ()
    assert small.build(["*"], {"as_of": "monday"}).ok, "the next build knows all nodes again"


def test_a_failing_test_stops_what_hangs_on_the_table(small: Dbt) -> None:
    result = small.build(["*"], {"as_of": "sunday"})
    failed = {node.resource_type: node for node in result.failed if node.status != "skipped"}
    assert failed["test"].failures == 1
    assert [node.name for node in result.nodes if node.status == "skipped"] == ["second", "third"]
    with pytest.raises(DbtError, match=r"accepted_values_first_said.*breaks a promise"):
        result.raise_if_failed()


def test_a_project_that_cannot_be_read_says_where(small: Dbt, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / "models").mkdir(parents=True)
    (broken / "dbt_project.yml").write_text(PROJECT)
    (broken / "profiles.yml").write_text(PROFILES)
    (broken / "models" / "lonely.sql").write_text("select * from {{ ref('nobody') }}")
    with pytest.raises(DbtError, match="nobody"):
        Dbt(broken, tmp_path / "target", tmp_path / "w.duckdb").manifest_path()


def test_the_project_hash_follows_models_and_mappings(small: Dbt) -> None:
    before = small.project_hash()
    mapping = small.project_dir / "seeds" / "mapping.csv"
    mapping.write_text("a,b\n1,2\n")
    changed = small.project_hash()
    mapping.write_text("a,b\n1,3\n")
    again = small.project_hash()
    mapping.unlink()
    assert len({before, changed, again}) == 3
    assert small.project_hash() == before


@pytest.fixture
def parsing(small: Dbt, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where projects are parsed to from now on; what comes there is a copy of the small one, as parsing takes long."""
    places: list[Path] = []
    parsed = small.manifest_path().parent

    def parse(_: Dbt, root: Path, place: Path) -> None:
        places.append(place)
        shutil.copytree(parsed, place)

    monkeypatch.setattr(Dbt, "_parse", parse)
    return places


def test_the_warehouses_of_an_installation_share_the_parsed_project(
    small: Dbt, tmp_path: Path, parsing: list[Path]
) -> None:
    shared = tmp_path / "shared"
    homes = [tmp_path / name for name in ("one", "other")]
    found = [Dbt(small.project_dir, home, home / "w.duckdb", shared_dir=shared).manifest_path() for home in homes]
    assert found[0] == found[1]
    assert found[0].is_relative_to(shared)
    assert [place.parent for place in parsing] == [shared], "parsed once, and not by the second"


def test_a_read_only_installation_is_parsed_into_the_home(small: Dbt, tmp_path: Path, parsing: list[Path]) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    home = tmp_path / "home"
    found = Dbt(small.project_dir, home, home / "w.duckdb", shared_dir=nowhere / "shared").manifest_path()
    assert found.is_relative_to(home)
    assert [place.parent for place in parsing] == [home]
