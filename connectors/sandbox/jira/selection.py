"""Which fields of an issue were asked for: Jira's `fields` and `expand` parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.sandbox.jira.references import Doc

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
_NOT_NAVIGABLE = frozenset({"worklog", "comment", "attachment"})


@dataclass(frozen=True)
class View:
    """How an issue is to be shown. `cap` is how many histories an embedded changelog holds at most.

    `plain`: rich text as plain text, as version 2 of the interface gives it.
    """

    fields: tuple[str, ...]
    changelog: bool = False
    cap: int = 100
    transitions: bool = False
    plain: bool = False

    @property
    def id_only(self) -> bool:
        """Only these come in pages of up to 5,000."""
        return not self.changelog and set(self.fields) <= {"id", "key"}

    @property
    def bare(self) -> bool:
        return not self.changelog and set(self.fields) <= {"id"}

    def pick(self, fields: Doc) -> Doc:
        excluded = {name[1:] for name in self.fields if name.startswith("-")}
        included = [name for name in self.fields if not name.startswith("-")]
        if "*all" in included or not included:
            chosen = fields
        elif "*navigable" in included:
            chosen = {name: value for name, value in fields.items() if name not in _NOT_NAVIGABLE or name in included}
        else:
            chosen = {name: fields[name] for name in included if name in fields}
        return {name: value for name, value in chosen.items() if name not in excluded} if excluded else chosen

    def shown(self, fields: Doc) -> Doc | None:
        """The `fields` member, absent where only ids or keys were asked for."""
        return None if set(self.fields) <= {"id", "key"} and self.fields else self.pick(fields)


def view(fields: Iterable[str], expand: Iterable[str], *, default: str, cap: int, plain: bool = False) -> View:
    names = tuple(name.strip() for name in fields if name.strip())
    expanded = {name.strip() for name in expand}
    return View(names or (default,), "changelog" in expanded, cap, "transitions" in expanded, plain)


def split(values: Iterable[str]) -> list[str]:
    """`fields=a,b&fields=c` as one list."""
    return [part for value in values for part in value.split(",")]
