"""What is told of the tables themselves: column lineage, the data dictionary and dbt's own documentation.

All three are functions of the dbt project alone. They are made once when it has changed, against an empty warehouse,
and kept beside the parsed project; a run that changes nothing of the models only reads them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.dashboard import dictionary
from pipelines.resources.dbt import PROJECT_DIR, Dbt
from pipelines.resources.landing import Landing
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.stages import lineage
from pipelines.stages.build import layers, project

if TYPE_CHECKING:
    from pipelines.line import Line

LINEAGE = "lineage.json"
DICTIONARY = "dictionary.html"
DBT_DOCS = "dbt_docs.html"
_INLINE = '"{}.JSON INLINE DATA"'
_PRIVATE = ("root_path", "build_path", "compiled_path")
_METADATA = ("dbt_schema_version", "dbt_version", "generated_at", "project_name", "project_id", "adapter_type")


def lineage_path(line: Line) -> Path | None:
    """Where the column lineage of the project as it stands is; None where it was not made yet."""
    path = _place(line) / LINEAGE
    return path if path.exists() else None


def read_lineage(path: Path | None) -> lineage.Lineage:
    """Column lineage as it was made; none where there is no file."""
    told: lineage.Lineage = json.loads(path.read_bytes()) if path else {}
    return told


def prepare(line: Line) -> Path:
    """The folder with the documents of the project as it stands; they are made where they are not there yet."""
    place = _place(line)
    if not place.exists():
        line.tell("documents: reading the lineage of every column (once, as the models have changed)")
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="documenting-") as folder:
            scratch = Path(folder) / "made"
            scratch.mkdir()
            _make(line, Path(folder), scratch)
            with suppress(OSError):  # someone else was first
                scratch.rename(place)
    return place


def _place(line: Line) -> Path:
    return project.manifest_path(line).parent / f"documents-{_edition()}"


@cache
def _edition() -> str:
    """Of what makes the documents besides the project."""
    made_by = [Path(__file__), Path(lineage.__file__), *dictionary.files()]
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:8]


def _make(line: Line, folder: Path, place: Path) -> None:
    manifest = _compiled(line, folder)
    told = lineage.trace(manifest, _seed_columns(manifest))
    (place / LINEAGE).write_text(json.dumps(told), encoding="utf-8")
    (place / DICTIONARY).write_text(dictionary.render(manifest, told), encoding="utf-8")
    (place / DBT_DOCS).write_text(_docs_page(manifest), encoding="utf-8")


def _compiled(line: Line, folder: Path) -> dict[str, Any]:
    """dbt's manifest with the SQL of every model, as it builds an empty warehouse."""
    manifest = project.manifest(line)
    warehouse = Warehouse(folder / line.warehouse.path.name)
    warehouse.register(Landing(folder / "landing"), Ledger(folder / "ledger"), layers.streams(manifest))
    sql = Dbt(PROJECT_DIR, project.manifest_path(line).parents[1], warehouse.path).compiled(folder / "target")
    nodes = {uid: {**node, "compiled_code": sql.get(uid)} for uid, node in manifest["nodes"].items()}
    return {**manifest, "nodes": nodes}


def _seed_columns(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {}
    for uid, node in manifest["nodes"].items():
        if node["resource_type"] == "seed":
            with (PROJECT_DIR / node["original_file_path"]).open(newline="", encoding="utf-8") as file:
                found[uid] = next(csv.reader(file))
    return found


def _docs_page(manifest: Mapping[str, Any]) -> str:
    """dbt's documentation as one file: its page with our project in it, without dbt's own macros and this machine."""
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    index = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    ours = manifest["metadata"]["project_name"]
    shown = {
        **manifest,
        "metadata": {name: manifest["metadata"].get(name) for name in _METADATA},
        "nodes": {uid: _public(node) for uid, node in manifest["nodes"].items()},
        "macros": {uid: macro for uid, macro in manifest["macros"].items() if macro["package_name"] == ours},
    }
    for name, content in (("MANIFEST", shown), ("CATALOG", _catalogue(manifest))):
        index = index.replace(_INLINE.format(name), json.dumps(content, separators=(",", ":")).replace("</", "<\\/"))
    return index


def _public(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in _PRIVATE}


def _catalogue(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What dbt asks a database for, from the contracts that the database is held to."""
    models = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    return {
        "metadata": {"generated_at": manifest["metadata"]["generated_at"]},
        "nodes": {uid: _table(uid, node) for uid, node in models.items()},
        "sources": {},
        "errors": None,
    }


def _table(uid: str, node: Mapping[str, Any]) -> dict[str, Any]:
    kind = "VIEW" if node["config"]["materialized"] == "view" else "BASE TABLE"
    place = {"type": kind, "database": node["database"], "schema": node["schema"], "name": node["alias"]}
    columns = {
        name: {"name": name, "type": column.get("data_type") or "", "index": number, "comment": column["description"]}
        for number, (name, column) in enumerate(node["columns"].items(), 1)
    }
    return {"unique_id": uid, "metadata": {**place, "comment": None, "owner": None}, "columns": columns, "stats": {}}
