"""What the repository as a whole must hold: its licence, no trace of a machine, guides whose commands exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

FIXED = (
    *("pyproject.toml", "workspace.yaml", "README.md"),
    *("pipelines", "dbt_project", "connectors", "models", "expectations", "tests"),
)
MACHINE = re.compile(r"(?<![\w.$}])/(?:root|home|work|Users|farm)/\w")
HOST = re.compile(r"--(?:extra-)?index-url|--find-links|files\.pythonhosted\.org|://pypi\.")
TEXT = {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".lock", ".cfg", ".j2", ".json", ".example", ""}
FENCE = re.compile(r"^```(?:bash|sh|console|shell)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make|slipstream) [^`]+)`")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.suffix in TEXT else ""


def guides(root: Path) -> list[Path]:
    return [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]


def commands(root: Path, program: str) -> Iterator[tuple[str, list[str]]]:
    """Every command line of `program` in the guides, with the guide's name."""
    for guide in guides(root):
        text = guide.read_text(encoding="utf-8")
        shown = [line for block in FENCE.findall(text) for line in block.splitlines()] + INLINE.findall(text)
        for line in shown:
            words = line.split("#")[0].replace("$ ", "").split()
            if words and words[0].rpartition("/")[2] == program:
                yield guide.name, words[1:]


def test_the_top_level_is_as_the_owner_fixed_it(root: Path) -> None:
    assert [name for name in FIXED if not (root / name).exists()] == []


def test_the_licence_is_apache_2(root: Path) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_no_file_names_a_machine_or_a_package_host(files: list[Path], root: Path) -> None:
    found = {
        path.relative_to(root).as_posix(): match.group()
        for path in files
        if path != Path(__file__) and (match := MACHINE.search(text := text_of(path)) or HOST.search(text))
    }
    assert found == {}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-shared.lock"])
def test_a_lock_is_hashed_and_names_no_host(root: Path, name: str) -> None:
    lock = (root / name).read_text(encoding="utf-8")
    assert "://" not in lock
    pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", lock, re.MULTILINE)
    assert 0 < len(pins) <= lock.count("--hash=sha256:")


def test_every_yaml_file_can_be_read(files: list[Path]) -> None:
    broken = {}
    for path in files:
        if path.suffix in (".yml", ".yaml"):
            try:
                list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
            except yaml.YAMLError as error:
                broken[path.name] = str(error).splitlines()[0]
    assert broken == {}


def test_make_targets_in_the_guides_exist(root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {
        (guide, word)
        for guide, words in commands(root, "make")
        for word in words
        if re.fullmatch(r"[a-z][a-z-]*", word)
    }
    assert asked
    assert {(guide, word) for guide, word in asked if word not in targets} == set()


def test_slipstream_commands_in_the_guides_exist(root: Path) -> None:
    from pipelines.cli import group

    wrong = [(guide, " ".join(words)) for guide, words in commands(root, "slipstream") if not runs(group, words)]
    assert wrong == []


def runs(command: Any, words: list[str]) -> bool:
    """Whether each subcommand and option named exists."""
    names = getattr(command, "commands", {})
    if words and names:
        return words[0] in names and runs(names[words[0]], words[1:]) if not words[0].startswith("-") else True
    known = {option for parameter in command.params for option in parameter.opts} | {"-h", "--help"}
    return {word for word in words if re.fullmatch(r"--[a-z-]+", word)} <= known


def test_make_help_lists_every_public_target(root: Path) -> None:
    ran = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    listed = set(re.findall(r"^  make ([\w-]+)", ran.stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) - {"browser", "postgres"} == listed


def test_links_between_guides_lead_somewhere(root: Path) -> None:
    wrong = []
    for guide in guides(root):
        for target in re.findall(r"\]\(([^)#\s]+)", guide.read_text(encoding="utf-8")):
            if "://" not in target and not (guide.parent / target).exists():
                wrong.append((guide.name, target))
    assert wrong == []


def test_tables_named_in_the_guides_exist(root: Path, warehouse: Any) -> None:
    examples = {"fct_release"}  # the mart that add-a-mart.md adds
    table = re.compile(r"\b(?:dim|fct|rpt)_[a-z_]*[a-z]\b")
    named = {(guide.name, name) for guide in guides(root) for name in table.findall(text_of(guide))}
    assert {(guide, name) for guide, name in named if name not in warehouse.models.keys() | examples} == set()
