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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock

from pipelines.resources import dbt_diet, duckdb_session
from pipelines.resources.dbt_results import BuildResult, DbtError, NodeResult, node_result, teller, text_of
from pipelines.resources.disk import explain_full_disk, is_full_disk
from pipelines.resources.duckdb_session import Session

PROJECT_DIR = Path(__file__).parents[2] / "dbt_project"
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


@dataclass
class Dbt:
    """One dbt project against one warehouse. The caller holds its lock."""

    project_dir: Path
    target_dir: Path
    warehouse_path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    """Variables of every invocation beside its own (memory_limit, duckdb_threads)."""
    shared_dir: Path | None = None
    """Where to keep the parsed project for every warehouse of this installation; `target_dir` where it is read-only."""

    session: Session | None = None
    """How connections are prepared, which settles the target, too; None: the profile's own."""

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

    def build_nodes(
        self,
        unique_ids: Collection[str],
        variables: Mapping[str, Any],
        on_node: Callable[[NodeResult], None] | None = None,
    ) -> BuildResult:
        """Build and test exactly these nodes: of the others dbt learns nothing, which spares a small build seconds."""
        arguments = ["build", "--select", f"tag:{dbt_diet.CHOSEN}", "--indirect-selection", "empty"]
        return self._run(arguments, variables, on_node, only=unique_ids) if unique_ids else BuildResult(())

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

    def compiled(self, target: Path) -> dict[str, str]:
        """The SQL of every model as this warehouse would be built now, by unique id; dbt writes it in `target`."""
        manifest = self._manifest()
        manifest.build_flat_graph()
        arguments = ["compile", "--select", "resource_type:model", "--no-write-json"]
        with _released():
            outcome = self._invoke(arguments, {}, target, manifest, ())
        if not outcome.success:
            raise DbtError(f"dbt cannot compile the models: {text_of(outcome.exception)}", "Mend the one it names.")
        return {result.node.unique_id: result.node.compiled_code for result in outcome.result.results}

    def _run(
        self,
        arguments: list[str],
        variables: Mapping[str, Any],
        on_node: Callable[[NodeResult], None] | None,
        *,
        is_lean: bool = True,
        only: Collection[str] | None = None,
    ) -> BuildResult:
        manifest = self._manifest()
        if only is not None:
            dbt_diet.keep_nodes(manifest, only)
        manifest.build_flat_graph()  # what `graph` is in a macro
        if is_lean:
            dbt_diet.keep_needed_macros(manifest)
        target = self.target_dir / "run"
        with _released(), dbt_diet.only_heard(_HEARD):
            outcome = self._invoke([*arguments, "--no-write-json"], variables, target, manifest, teller(on_node))
        if outcome.result is None:
            _stopped(text_of(outcome.exception))
        return BuildResult(tuple(node_result(result) for result in outcome.result.results))

    def _manifest(self) -> Any:
        """A fresh copy each time: running changes it."""
        from dbt.contracts.graph.manifest import Manifest

        key = self.project_hash()
        if self._parsed is None or self._parsed[0] != key:
            self._parsed = key, (self._parsed_dir(key) / "partial_parse.msgpack").read_bytes()
        manifest: Any = Manifest.from_msgpack(self._parsed[1])
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
        with FileLock(root / "parsing.lock"):  # who comes second finds it done
            if not place.exists():
                self._parse(root, place)
        for old in sorted(root.glob("parsed-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def _parse(self, root: Path, place: Path) -> None:
        with tempfile.TemporaryDirectory(dir=root, prefix="parsing-") as folder, _released():
            scratch = Path(folder) / "parsed"
            outcome = self._invoke(["parse", "--no-partial-parse"], {}, scratch, None, ())
            if not outcome.success:
                raise DbtError(f"dbt cannot read the project: {text_of(outcome.exception)}", "Mend the file it names.")
            scratch.rename(place)

    def _invoke(
        self, arguments: list[str], variables: Mapping[str, Any], target: Path, manifest: Any, callbacks: Sequence[Any]
    ) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dbt's own dependencies; nothing a user could mend
            from dbt.cli.main import dbtRunner

            given = {**self.options, **variables, "warehouse_path": str(self.warehouse_path)}
            places = {"--project-dir": self.project_dir, "--profiles-dir": self.project_dir, "--target-path": target}
            places |= {"--log-path": self.target_dir / "logs"}
            command = [*_QUIET, *arguments, *self._target(), "--vars", json.dumps(given)]
            for option, place in places.items():
                command += [option, str(place)]
            with duckdb_session.using(self.session or Session()), dbt_diet.unnamed_flags():
                return dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke(command)

    def _target(self) -> list[str]:
        return ["--target", self.session.target] if self.session else []

    def _files(self) -> Iterator[Path]:
        for name in _SOURCES:
            place = self.project_dir / name
            yield from [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def _stopped(said: str) -> NoReturn:
    """What ended dbt as a whole, the full disk with its own remedy."""
    with explain_full_disk(DbtError, "warehouse"):
        if is_full_disk(OSError(said)):
            raise OSError(" ".join(said.split()))
    raise DbtError(f"dbt stopped: {said}", "Run again; if it stays, report it with this text.")


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
