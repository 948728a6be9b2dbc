"""Column lineage: what a column is made of is read from the SQL, and Dagster and the dictionary tell it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.dashboard import dictionary
from pipelines.defs import columns
from pipelines.line import Line
from pipelines.settings import Settings
from pipelines.stages import documents, lineage
from pipelines.stages.build import project

pytestmark = pytest.mark.filterwarnings("default")


def table(kind: str, schema: str, name: str, **more: Any) -> dict[str, Any]:
    place = {"database": "w", "schema": schema, "name": name, "relation_name": f'"w"."{schema}"."{name}"'}
    described = {"description": f"What {name} is.", "fqn": ["slipstream", "marts", "delivery", name], "columns": {}}
    return {"resource_type": kind, "depends_on": {"nodes": []}, **described, **place, **more}


def manifest(*models: str) -> dict[str, Any]:
    """Two landed streams and a seed, and models m0, m1 ... of which each may read all before it."""
    nodes = {"seed.s.words": table("seed", "staging", "words")}
    for number, sql in enumerate(models):
        parents = {"nodes": [*nodes, "source.s.issue", "source.s.said"]}
        nodes[f"model.s.m{number}"] = table("model", "marts", f"m{number}", depends_on=parents, compiled_code=sql)
    sources = {
        "source.s.issue": table("source", "landing_jira", "issue"),
        "source.s.said": table("source", "ledger", "said", columns={"said_id": {}, "word": {}}),
    }
    return {"sources": sources, "nodes": nodes, "exposures": {}, "macros": {}}


def made_of(*models: str) -> dict[str, list[str]]:
    """The columns of the last model, with what each is made of in short."""
    told = lineage.trace(manifest(*models), {"seed.s.words": ["word", "meaning"]})
    return {name: [".".join(part) for part in parts] for name, parts in told[f"marts.m{len(models) - 1}"].items()}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "with a as (select *, payload ->> '$.x' as x from landing_jira.issue) "
            "select _key as id, x || _site as y, 1 as one from a",
            {
                "id": ["landing_jira.issue._key"],
                "y": ["landing_jira.issue._site", "landing_jira.issue.payload"],
                "one": [],
            },
        ),
        (
            "select word as a, null as b from staging.words "
            "union all by name select meaning as b, 'x' as a from staging.words",
            {"a": ["staging.words.word"], "b": ["staging.words.meaning"]},
        ),
        (
            "select issue.* exclude (payload, _known_at, _sync_id, _payload_hash, _deleted, "
            "_source_updated_at, _commit_seq) "
            "replace (upper(_site) as _site), "
            "(select max(meaning) from staging.words as w where w.word = issue._key) as m "
            "from landing_jira.issue as issue",
            {
                "_site": ["landing_jira.issue._site"],
                "_key": ["landing_jira.issue._key"],
                "m": ["landing_jira.issue._key", "staging.words.meaning", "staging.words.word"],
            },
        ),
        (
            "select list_transform(s.parts, lambda part: part.id) as ids, s.parts[1].id as first_id, "
            "count(*) as number from (select [{'id': word}] as parts from staging.words) as s group by all",
            {"ids": ["staging.words.word"], "first_id": ["staging.words.word"], "number": []},
        ),
        (
            "select word, row_number() over (partition by word order by meaning) as n from staging.words "
            "anti join ledger.alert on alert.owner = word",
            {"word": ["staging.words.word"], "n": ["staging.words.meaning", "staging.words.word"]},
        ),
    ],
)  # fmt: skip
def test_a_column_is_made_of_the_columns_that_its_expression_names(sql: str, expected: dict[str, list[str]]) -> None:
    assert made_of(sql) == expected


def test_a_star_over_another_model_is_known_from_that_model() -> None:
    first = "select word as a, meaning as b from staging.words"
    assert made_of(first, 'select * from "w"."marts"."m0"') == {"a": ["marts.m0.a"], "b": ["marts.m0.b"]}


def test_sql_that_cannot_be_read_is_untold_and_stops_nothing() -> None:
    found = manifest("select ((", "select word from staging.words")
    found["nodes"]["model.s.m0"]["columns"] = {"lost": {"description": ""}}
    told = lineage.trace(found, {"seed.s.words": ["word", "meaning"]})
    assert told["marts.m1"] == {"word": [("staging.words", "word")]}
    assert lineage.untold(found, told, ["marts"]) == ["marts.m0.lost"]


def test_dagster_is_told_in_its_own_terms_and_a_reader_in_words() -> None:
    node = table("model", "marts", "m", columns={"a": {"description": "A thing.", "data_type": "varchar"}})
    told = {"marts.m": {"a": [("landing_jira.issue", "payload"), ("marts.dim_x", "x"), ("landing.sync", "site")]}}
    metadata = columns.metadata(node, told, {"jira": ["acme", "second"]})
    deps = metadata["dagster/column_lineage"].deps_by_column["a"]
    assert {(dep.asset_key.to_user_string(), dep.column_name) for dep in deps} == {
        ("landing/jira/acme/issue", "payload"),
        ("landing/jira/second/issue", "payload"),
        ("marts/dim_x", "x"),
    }
    (shown,) = metadata["dagster/column_schema"].columns
    assert isinstance(shown, dg.TableColumn)
    assert shown.description is not None
    assert shown.description.startswith("A thing.")
    assert "[marts.dim_x](/assets/marts/dim_x).x" in shown.description


def test_the_dictionary_says_what_a_column_means_and_is_made_of_and_escapes_it() -> None:
    column = {"name": "a", "description": "Less < more.", "data_type": "varchar"}
    found = manifest("select word as a from staging.words")
    found["nodes"]["model.s.m0"]["columns"] = {"a": column, "b": column | {"name": "b"}}
    page = dictionary.render(found, {"marts.m0": {"a": [["staging.words", "word"]]}})
    assert "Less &lt; more." in page
    assert "staging.words.word" in page
    assert ">not told<" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.slow
def test_every_column_that_people_read_is_told_and_it_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(documents, "_edition", lambda: f"of-a-test-{tmp_path.parent.name}")  # none is there yet
    said: list[str] = []
    line = Line.of(Settings(home=tmp_path, sources_dir=tmp_path / "sources"), progress=said.append)
    assert documents.read_lineage(documents.lineage_path(line)) == {}
    place = documents.prepare(line)
    request.addfinalizer(lambda: shutil.rmtree(place))  # the parsed project is everyone's
    assert documents.prepare(line) == place
    assert len(said) == 1
    told = documents.read_lineage(documents.lineage_path(line))
    assert lineage.untold(project.manifest(line), told, ("marts", "reporting")) == []
    assert ["staging.stg_jira__issue", "issue_key"] in told["intermediate.int_delivery__issue_current"]["issue_key"]
    nowhere = {f"{name}.{column}" for name, made in told.items() for column, parts in made.items() if not parts}
    assert len([name for name in nowhere if name.startswith(("marts.", "reporting."))]) < 45, (
        "counts and constants only"
    )
    page = (place / documents.DBT_DOCS).read_text(encoding="utf-8")
    assert "INLINE DATA" not in page
    assert str(tmp_path) not in page
    assert json.loads((place / documents.LINEAGE).read_text()) == told
