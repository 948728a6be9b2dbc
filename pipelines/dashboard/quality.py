"""Findings as people work through them: by rule, the gravest first, each with why it matters and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.dashboard.values import Row, count, text

SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True)
class Breach:
    """One rule unmet in one project (or in a whole table, where no project is named)."""

    project: str
    owner: str
    failing: int
    keys: tuple[str, ...]

    @property
    def unlisted(self) -> int:
        return max(self.failing - len(self.keys), 0)


@dataclass
class Rule:
    """One rule that is unmet somewhere."""

    id: str
    severity: str
    family: str
    why: str
    fix: str
    breaches: list[Breach] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.id.replace("_", " ").capitalize()

    @property
    def count(self) -> int:
        return len(self.breaches)

    @property
    def failing(self) -> int:
        return sum(breach.failing for breach in self.breaches)


def rules(findings: Sequence[Row]) -> list[Rule]:
    """Group findings by rule: the gravest first, then those that concern most projects."""
    found: dict[str, Rule] = {}
    for row in findings:
        name = text(row.get("rule_id"))
        rule = found.setdefault(name, _rule(name, row))
        rule.breaches.append(_breach(row))
    for rule in found.values():
        rule.breaches.sort(key=lambda breach: (-breach.failing, breach.project))
    return sorted(found.values(), key=lambda rule: (_rank(rule.severity), -rule.count, rule.id))


def _rule(name: str, row: Row) -> Rule:
    severity, family, why, fix = (text(row.get(column)) for column in ("severity", "family", "why", "fix"))
    return Rule(name, severity, family, why, fix)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _breach(row: Row) -> Breach:
    return Breach(
        project=text(row.get("project_key")) or text(row.get("project_id")),
        owner=text(row.get("owner")),
        failing=count(row.get("failing_count")),
        keys=_keys(text(row.get("failing_keys"))),
    )


def _keys(listed: str) -> tuple[str, ...]:
    """The failing rows' keys; a key of several columns is shown as its parts."""
    try:
        items = json.loads(listed) if listed else []
    except ValueError:
        items = [listed]
    if not isinstance(items, list):
        items = [items]
    return tuple(" / ".join(str(v) for v in i.values()) if isinstance(i, dict) else str(i) for i in items)
