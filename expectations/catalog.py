"""Reads the governance rules that a PMO owns and refuses a wrong one with its file, line and remedy.

What a rule finds is the runner's business, what follows from it policy's.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from expectations.where import BadCondition, Condition, parse

RULES_FOLDER = Path(__file__).parent / "rules"
Gate = Literal["input", "output"]
Severity = Literal["critical", "warning", "info"]
GATES = ("input", "output")
SEVERITIES = ("critical", "warning", "info")
FAMILIES = ("completeness", "timeliness", "consistency", "plan", "flow", "truthfulness", "strategy")


@dataclass(frozen=True)
class Form:
    """How one expectation is written: its number of columns and its arguments (the needed ones first)."""

    columns: int
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    counts_empty: bool = False  # judges empty cells too; all others pass over them


# row-level expectations only, so that every finding has a project and a row to mend
FORMS: dict[str, Form] = {
    "expect_column_values_to_not_be_null": Form(1, counts_empty=True),
    "expect_column_values_to_be_null": Form(1, counts_empty=True),
    "expect_column_values_to_be_in_set": Form(1, ("value_set",)),
    "expect_column_values_to_not_be_in_set": Form(1, ("value_set",)),
    "expect_column_values_to_be_between": Form(1, (), ("min_value", "max_value", "strict_min", "strict_max")),
    "expect_column_values_to_match_regex": Form(1, ("regex",)),
    "expect_column_values_to_not_match_regex": Form(1, ("regex",)),
    "expect_column_value_lengths_to_be_between": Form(1, (), ("min_value", "max_value")),
    "expect_column_pair_values_a_to_be_greater_than_b": Form(2, (), ("or_equal",)),
    "expect_column_pair_values_to_be_equal": Form(2),
}
TABLE_KEYS = ("table", "gate", "owner", "key", "project", "rules")
RULE_KEYS = (
    *("id", "expect", "column", "columns", "kwargs", "max_age_days", "max_days_ahead", "grace_days"),
    *("where", "severity", "family", "why", "fix", "owner"),
)


class CatalogError(Exception):
    """A rule file is wrong: `message` says where and what, `remedy` how to mend it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Rule:
    """One expectation about the rows of one table, with the reason and the remedy.

    `max_age_days` and `max_days_ahead` bound a date column relative to `as_of`; `grace_days` is added to the
    first of two columns before they are compared (a due date holds until the end of its day).
    """

    id: str
    table: str
    gate: Gate
    expect: str
    columns: tuple[str, ...]
    severity: Severity
    family: str
    why: str
    fix: str
    owner: str
    key: str
    project: str | None = "project_id"
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    where: Condition | None = None
    max_age_days: int | None = None
    max_days_ahead: int | None = None
    grace_days: int = 0

    @property
    def reads(self) -> frozenset[str]:
        """Every column of the table that evaluating this rule needs."""
        own = {*self.columns, self.key} | ({self.project} if self.project else set())
        return frozenset(own | (self.where.columns if self.where else set()))

    @property
    def title(self) -> str:
        return self.id.replace("_", " ").capitalize()


def load(folder: Path = RULES_FOLDER) -> tuple[Rule, ...]:
    """All rules of the folder's files, in the order of file and line. Raises CatalogError."""
    rules = [rule for path in sorted(folder.glob("*.yml")) for rule in _read_file(path)]
    if not rules:
        raise CatalogError(f"There is no rule in {folder}.", "Put the rule files (<mart>.yml) there.")
    twice = [rule_id for rule_id, count in Counter(rule.id for rule in rules).items() if count > 1]
    if twice:
        raise CatalogError(f"The rule id '{twice[0]}' is used twice in {folder}.", "Give each rule an id of its own.")
    return tuple(rules)


def columns_by_table(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """What the rules read, table by table: the seam to the warehouse's contracts."""
    needed: dict[str, frozenset[str]] = {}
    for rule in rules:
        needed[rule.table] = needed.get(rule.table, frozenset()) | rule.reads
    return needed


class _Loader(yaml.CSafeLoader):
    """Keeps the line of each mapping under `__line__` and refuses a key written twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"'{key}' is given twice", node.start_mark)
    values = [loader.construct_object(value, deep=True) for _, value in node.value]
    return dict(zip(keys, values, strict=True)) | {"__line__": node.start_mark.line + 1}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read_file(path: Path) -> list[Rule]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogError(f"{path.name}, line {line}: {error.problem}.", "Mend the YAML there.") from error
    place = f"{path.name}, line 1"
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise CatalogError(f"{place}: not a rule file.", "It needs table, gate, owner, key and a list of rules.")
    _known_keys(document, TABLE_KEYS, place)
    for name in ("table", "owner", "key"):
        _text(document, name, place)
    _name(document["table"], "table", r"[a-z_]\w*\.[a-z_]\w*", place)
    _choice(document, "gate", GATES, place)
    return [_read_rule(document, entry, path.name) for entry in document["rules"]]


def _read_rule(table: dict[str, Any], entry: object, file: str) -> Rule:
    if not isinstance(entry, dict):
        raise CatalogError(f"{file}: the rule '{entry}' is not a mapping.", "Write it as '- id: ...' with its fields.")
    place = f"{file}, line {entry['__line__']}, rule '{entry.get('id', '?')}'"
    _known_keys(entry, RULE_KEYS, place)
    for name in ("id", "expect", "why", "fix"):
        _text(entry, name, place)
    _name(entry["id"], "id", r"[a-z][a-z0-9_]*", place)
    _choice(entry, "severity", SEVERITIES, place)
    _choice(entry, "family", FAMILIES, place)
    columns = _columns(entry, place)
    kwargs = {name: value for name, value in (entry.get("kwargs") or {}).items() if name != "__line__"}
    _arguments(entry, kwargs, place)
    return Rule(
        id=entry["id"],
        table=table["table"],
        gate=cast(Gate, table["gate"]),
        expect=entry["expect"],
        columns=columns,
        severity=cast(Severity, entry["severity"]),
        family=entry["family"],
        why=" ".join(entry["why"].split()),
        fix=" ".join(entry["fix"].split()),
        owner=entry.get("owner") or table["owner"],
        key=table["key"],
        project=table.get("project", "project_id"),
        kwargs=kwargs,
        where=_where(entry, place),
        max_age_days=entry.get("max_age_days"),
        max_days_ahead=entry.get("max_days_ahead"),
        grace_days=entry.get("grace_days", 0),
    )


def _columns(entry: dict[str, Any], place: str) -> tuple[str, ...]:
    form = FORMS.get(entry["expect"])
    if form is None:
        raise CatalogError(f"{place}: '{entry['expect']}' is not an expectation we run.", _near(entry["expect"], FORMS))
    given = entry.get("columns") or [entry.get("column")]
    if not isinstance(given, list) or len(given) != form.columns or not all(isinstance(name, str) for name in given):
        wanted = "column: <name>" if form.columns == 1 else "columns: [<first>, <second>]"
        raise CatalogError(f"{place}: {entry['expect']} needs {form.columns} column(s).", f"Write '{wanted}'.")
    return tuple(given)


def _arguments(entry: dict[str, Any], kwargs: dict[str, Any], place: str) -> None:
    form = FORMS[entry["expect"]]
    for name in kwargs:
        if name not in form.needs + form.takes:
            remedy = f"It takes: {', '.join(form.needs + form.takes) or 'none'}."
            raise CatalogError(f"{place}: {entry['expect']} has no argument '{name}'.", remedy)
    if missing := [name for name in form.needs if name not in kwargs]:
        raise CatalogError(f"{place}: {entry['expect']} needs '{missing[0]}'.", f"Add it under kwargs: {missing[0]}.")
    relative = [name for name in ("max_age_days", "max_days_ahead") if name in entry]
    for name in [*relative, *(["grace_days"] if "grace_days" in entry else [])]:
        if isinstance(entry[name], bool) or not isinstance(entry[name], int) or entry[name] < 0:
            raise CatalogError(f"{place}: '{name}' is {entry[name]!r}.", "Give a whole number of days, 0 or more.")
    is_between = entry["expect"] == "expect_column_values_to_be_between"
    if relative and (not is_between or kwargs):
        remedy = "Use it with expect_column_values_to_be_between and without kwargs."
        raise CatalogError(f"{place}: '{relative[0]}' does not fit here.", remedy)
    if is_between and not relative and not kwargs:
        raise CatalogError(
            f"{place}: nothing is bounded.", "Give min_value, max_value, max_age_days or max_days_ahead."
        )


def _where(entry: dict[str, Any], place: str) -> Condition | None:
    if "where" not in entry:
        return None
    try:
        return parse(_text(entry, "where", place))
    except BadCondition as error:
        remedy = "Write it as SQL would: phase = 'active' and reviewed_on is not null."
        raise CatalogError(f"{place}: where: {error}.", remedy) from error


def _known_keys(mapping: dict[str, Any], known: tuple[str, ...], place: str) -> None:
    for name in mapping:
        if name not in known and name != "__line__":
            raise CatalogError(f"{place}: '{name}' is unknown.", _near(str(name), known))


def _text(mapping: dict[str, Any], name: str, place: str) -> str:
    value = mapping.get(name)
    if not isinstance(value, str) or not value.strip():
        raise CatalogError(f"{place}: '{name}' is missing.", f"Add '{name}: <text>'.")
    return value


def _name(value: str, name: str, pattern: str, place: str) -> None:
    """Ids become the names of checks, tables are addresses: both need a plain spelling."""
    if not re.fullmatch(pattern, value):
        example = "marts.dim_project" if name == "table" else "active_project_has_sponsor"
        raise CatalogError(f"{place}: the {name} '{value}' is not a plain name.", f"Write it like {example}.")


def _choice(mapping: dict[str, Any], name: str, options: tuple[str, ...], place: str) -> None:
    if mapping.get(name) not in options:
        raise CatalogError(f"{place}: '{name}' is {mapping.get(name)!r}.", f"It may be {', '.join(options)}.")


def _near(word: str, known: Iterable[str]) -> str:
    options = list(known)
    near = difflib.get_close_matches(word, options, 1)
    return f"Did you mean '{near[0]}'?" if near else f"Known are: {', '.join(options)}."
