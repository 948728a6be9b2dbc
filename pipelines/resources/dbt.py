"""Runs dbt inside this process: parsed once, the DuckDB file released afterwards, everything written in one folder.

What is built when is decided in `stages/build`; here is only how.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from connectors.errors import SourceError
from pipelines.resources import dbt_diet

PROJECT_DIR = Path(__file__).parents[2] / "dbt_project"
UNCHANGED = "unchanged"
"""The status of a table that was not built again, and of its tests: nothing they read has changed since."""
OK_STATUSES = frozenset({"success", "pass", "warn", "no-op", UNCHANGED})
KEPT = 6
"""Parsed projects that stay: switching between branches or files should not parse again."""
_SOURCES = ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml")
_HEARD = frozenset({"NodeFinished"})
_QUIET = (
    "--no-send-anonymous-usage-stats",
    "--no-version-check",
    "--no-use-colors",
    "--no-print",
    "--log-level",
    "none",
    "--log-level-file",
    "none",
)


class DbtError(SourceError):
    """dbt could not read the project or build a table."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test."""

    unique_id: str
    resource_type: str
    status: str
    seconds: float
    rows_affected: int | None
    message: str
    failures: int | None
    relation: str | None
    compiled: str | None = None
    row_count: int | None = None

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]

    @property
    def ok(self) -> bool:
        return self.status in OK_STATUSES


@dataclass(frozen=True)
class BuildResult:
    """All nodes of one invocation, in the order they finished."""

    nodes: tuple[NodeResult, ...] = ()

    @property
    def ok(self) -> bool:
        return all(node.ok for node in self.nodes)

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if not node.ok)

    def raise_if_failed(self) -> None:
        """One error for all: the first failing node with its message and the SQL that failed."""
        if self.ok:
            return
        first, *others = sorted(self.failed, key=lambda node: node.status == "skipped")
        more = f" ({len(others)} more failed.)" if others else ""
        where = f" Its SQL: {first.compiled}." if first.compiled else ""
        raise DbtError(f"{first.name}: {' '.join(first.message.split())}{more}", f"{_remedy(first)}{where}")


def _remedy(node: NodeResult) -> str:
    if node.resource_type == "test":
        return "The data breaks a promise of the warehouse; nothing downstream of it was built."
    return "Nothing downstream of it was built; the next run takes up from here."


@dataclass
class Dbt:
    """One dbt project against one DuckDB file. The caller holds the warehouse's lock."""

    project_dir: Path
    target_dir: Path
    warehouse_path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    """Variables of every invocation beside its own (memory_limit, duckdb_threads)."""
    shared_dir: Path | None = None
    """Where to keep the parsed project for every warehouse of this installation; `target_dir` where it is read-only."""

    _parsed: tuple[str, bytes] | None = field(default=None, init=False, repr=False)

    def project_hash(self) -> str:
        """Of everything that decides what the models say; a change of it rebuilds incremental tables."""
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(str(path.relative_to(self.project_dir)).encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def manifest_path(self) -> Path:
        """dbt's manifest.json of the project as it stands, parsed only when it has changed."""
        return self._parsed_dir(self.project_hash()) / "manifest.json"

    def build(
        self,
        select: Sequence[str],
        variables: Mapping[str, Any] | None = None,
        *,
        full_refresh: bool = False,
        exclude: Sequence[str] = (),
        run_tests: bool = True,
        on_node: Callable[[NodeResult], None] | None = None,
    ) -> BuildResult:
        """Build the selected nodes and test them. Failing nodes are in the result; see `raise_if_failed`."""
        arguments = ["build", "--select", *select]
        if exclude:
            arguments += ["--exclude", *exclude]
        # unit tests judge the code, not the data: they run in the test suite
        for kind in ("unit_test",) if run_tests else ("unit_test", "test"):
            arguments += ["--exclude-resource-type", kind]
        if full_refresh:
            arguments.append("--full-refresh")
        return self._run(arguments, variables or {}, on_node)

    def test_units(self, select: Sequence[str] = ("test_type:unit",)) -> BuildResult:
        """Run the unit tests of the models."""
        return self._run(["test", "--select", *select], {}, None, is_lean=False)  # fixtures have macros of their own

    def _run(
        self,
        arguments: list[str],
        variables: Mapping[str, Any],
        on_node: Callable[[NodeResult], None] | None,
        *,
        is_lean: bool = True,
    ) -> BuildResult:
        manifest = self._manifest()
        if is_lean:
            dbt_diet.keep_needed_macros(manifest)
        target = self.target_dir / "run"
        with _released(), dbt_diet.only_heard(_HEARD):
            outcome = self._invoke([*arguments, "--no-write-json"], variables, target, manifest, _teller(on_node))
        if outcome.result is None:
            raise DbtError(
                f"dbt stopped: {_text(outcome.exception)}", "Run again; if it stays, report it with this text."
            )
        return BuildResult(tuple(_node(result) for result in outcome.result.results))

    def _manifest(self) -> Any:
        """A fresh copy each time: running changes it."""
        from dbt.contracts.graph.manifest import Manifest

        key = self.project_hash()
        if self._parsed is None or self._parsed[0] != key:
            self._parsed = key, (self._parsed_dir(key) / "partial_parse.msgpack").read_bytes()
        manifest: Any = Manifest.from_msgpack(self._parsed[1])
        manifest.build_flat_graph()  # what `graph` is in a macro
        return manifest

    def _parsed_dir(self, key: str) -> Path:
        """Where the parsed project is. Parsed beside it and moved there whole, for processes that start together."""
        # the name of the file is the name of the catalogue, which parsing writes into every relation
        engines = "-".join(version(name) for name in ("dbt-core", "dbt-duckdb"))
        root = _writable(self.shared_dir) or self.target_dir
        place = root / f"parsed-{key}-{engines}-{self.warehouse_path.stem}"
        if place.exists():
            return place
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix="parsing-") as folder, _released():
            scratch = Path(folder) / "parsed"
            outcome = self._invoke(["parse", "--no-partial-parse"], {}, scratch, None, ())
            if not outcome.success:
                raise DbtError(f"dbt cannot read the project: {_text(outcome.exception)}", "Mend the file it names.")
            with suppress(OSError):  # someone else was first
                scratch.rename(place)
        for old in sorted(root.glob("parsed-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def _invoke(
        self, arguments: list[str], variables: Mapping[str, Any], target: Path, manifest: Any, callbacks: Sequence[Any]
    ) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dbt's own dependencies; nothing a user could mend
            from dbt.cli.main import dbtRunner

            given = {**self.options, **variables, "warehouse_path": str(self.warehouse_path)}
            places = {"--project-dir": self.project_dir, "--profiles-dir": self.project_dir, "--target-path": target}
            places |= {"--log-path": self.target_dir / "logs"}
            command = [*_QUIET, *arguments, "--vars", json.dumps(given)]
            for option, place in places.items():
                command += [option, str(place)]
            return dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke(command)

    def _files(self) -> Iterator[Path]:
        for name in _SOURCES:
            place = self.project_dir / name
            yield from [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def _writable(folder: Path | None) -> Path | None:
    """The folder where files can be put in it, made if need be; None for one of a read-only installation."""
    if folder is None:
        return None
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder if os.access(folder, os.W_OK) else None


@contextmanager
def _released() -> Iterator[None]:
    """Leave no handle on the DuckDB file behind, so that the next process can open it."""
    try:
        yield
    finally:
        from dbt.adapters import factory
        from dbt.adapters.duckdb import connections

        manager: Any = connections.DuckDBConnectionManager
        if manager._ENV is not None:
            manager._ENV.close()
        manager.close_all_connections()
        adapters: Any = factory
        adapters.reset_adapters()


def _teller(on_node: Callable[[NodeResult], None] | None) -> Sequence[Callable[[Any], None]]:
    if on_node is None:
        return ()
    tell = on_node

    def listen(event: Any) -> None:
        if event.info.name == "NodeFinished":
            info = event.data.node_info
            tell(
                NodeResult(
                    unique_id=info.unique_id,
                    resource_type=info.resource_type,
                    status=str(info.node_status),
                    seconds=float(event.data.run_result.execution_time),
                    rows_affected=None,
                    message=event.data.run_result.message,
                    failures=event.data.run_result.num_failures or None,
                    relation=info.node_relation.relation_name or None,
                )
            )

    return (listen,)


def _node(result: Any) -> NodeResult:
    node = result.node
    compiled = getattr(node, "compiled_path", None)
    return NodeResult(
        unique_id=node.unique_id,
        resource_type=str(node.resource_type),
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        rows_affected=(result.adapter_response or {}).get("rows_affected"),
        message=result.message or "",
        failures=result.failures,
        relation=getattr(node, "relation_name", None),
        compiled=str(compiled) if compiled else None,
    )


def _text(error: BaseException | None) -> str:
    return " ".join(str(error or "no reason given").split())
