"""Completeness certificates: per project, what is at the source, what is held, and what each difference is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from connectors.errors import ForbiddenError, NotFoundError, SourceError
from connectors.jira import streams
from connectors.jira.census import Census, Class, evidence
from connectors.jira.dimensions import Project, Snapshot
from connectors.jira.held import Held, Ids
from connectors.source import Completeness

_NAMED: Final = 100  # ids a certificate names; beyond that it counts
# archived, trashed: the last known state stands, and the source says why; out_of_scope: so it does, by the settings;
# deleted: gone there, and buried here; moved: told once, and let go
_HARMLESS: Final = frozenset({"archived", "trashed", "out_of_scope", "deleted", "moved"})


@dataclass
class Missing:
    """Per project, the ids of each class; a project out of sight has no count at the source."""

    by_project: dict[str, dict[Class, list[int]]] = field(default_factory=dict)
    out_of_sight: set[str] = field(default_factory=set)
    proofs: dict[int, str] = field(default_factory=dict)  # what is known of one id beyond its class

    def add(self, project: str, why: Class, ids: Sequence[int]) -> None:
        if ids:
            self.by_project.setdefault(project, {}).setdefault(why, []).extend(ids)


def certify(
    held: Held,
    keys: Mapping[str, str],
    census: Census,
    delivered: Ids,
    projects: Sequence[Project],
    missing: Missing,
    lag_seconds: float,
) -> list[Completeness]:
    """One certificate for every project that is visible or held; `keys`: those that projects last had."""
    known = {project.id: project for project in projects}
    holdings, source = held.counts(), census.counts(held, delivered)
    names = dict.fromkeys(
        [*(project.id for project in projects if project.is_live), *source, *holdings, *missing.by_project]
    )
    certificates = []
    for name in names:
        count, told, rows = holdings.get(name, (0, 0, 0))
        project = known.get(name)
        classes = missing.by_project.get(name, {})
        there = None if name in missing.out_of_sight or not (project and project.is_live) else source.get(name, 0)
        certificates.append(
            Completeness(
                scope_id=name,
                scope_key=project.key if project else keys.get(name, name),
                stream=streams.ISSUE.name,
                source_count=there,
                held_count=count,
                status=_status(classes, there, count),
                missing=_entries(classes, missing.proofs),
                changelog_total=told,
                changelog_held=rows,
                lag_seconds=lag_seconds,
                detail="; ".join(f"{len(ids)} {why.replace('_', ' ')}" for why, ids in classes.items()),
            )
        )
    return certificates


def of_deferral(
    held: Held, keys: Mapping[str, str], projects: Sequence[Project], lag_seconds: float | None, why: str
) -> tuple[Completeness, ...]:
    """That nothing is proven of any project visible or held; of the site, where none is known yet."""
    holdings = held.counts()
    names = dict(keys) | {project.id: project.key for project in projects}
    scopes = dict.fromkeys([*(project.id for project in projects if project.is_live), *holdings]) or ["*"]
    return tuple(
        Completeness(
            scope_id=scope,
            scope_key=names.get(scope, scope),
            stream=streams.ISSUE.name,
            source_count=None,
            held_count=holdings.get(scope, (0, 0, 0))[0],
            status="deferred",
            lag_seconds=lag_seconds,
            detail=why,
        )
        for scope in scopes
    )


def _status(classes: Mapping[Class, Sequence[int]], there: int | None, held: int) -> Literal["complete", "partial"]:
    explained = set(classes) <= _HARMLESS
    return "complete" if explained and (there is None or there == held) else "partial"


def _entries(classes: Mapping[Class, Sequence[int]], proofs: Mapping[int, str]) -> tuple[Mapping[str, str], ...]:
    entries: list[Mapping[str, str]] = []
    for why, ids in classes.items():
        told = [(issue, proofs.get(issue, evidence(why))) for issue in ids[:_NAMED]]
        entries += [{"id": str(issue), "class": why, "evidence": proof} for issue, proof in told]
        if len(ids) > _NAMED:
            entries.append({"count": str(len(ids) - _NAMED), "class": why, "evidence": told[-1][1]})
    return tuple(entries)


def of_unseen(wanted: Sequence[str], projects: Sequence[Project]) -> list[Completeness]:
    """Projects that the settings name and the account does not see."""
    seen = {name for project in projects for name in project.names}
    detail = "named in the settings, but not visible to this account: check its spelling there, or the account's rights"
    if not projects and not wanted:
        wanted, detail = ("*",), "no project is visible to this account"
    return [
        Completeness(name, name, streams.PROJECT.name, None, 0, "partial", detail=detail)
        for name in wanted
        if name not in seen
    ]


def of_dimension(snapshot: Snapshot, kept: int) -> Completeness | None:
    """Only where there is something to say: an interface not offered, children refused, keys gone but not believed."""
    if snapshot.unavailable:
        return Completeness("*", "*", snapshot.stream.name, None, 0, "unavailable", detail=snapshot.unavailable)
    if snapshot.skipped:
        told = "; ".join(list(snapshot.skipped.values())[:3])
        missing = tuple({"id": child, "class": "skipped", "evidence": why} for child, why in snapshot.skipped.items())
        return _partial(snapshot, f"{len(snapshot.skipped)} left out: {told}", missing[:_NAMED])
    if kept and snapshot.is_whole:
        return _partial(snapshot, f"{kept} are no longer listed; kept, for a lost permission is likelier than deletion")
    return None


def _partial(snapshot: Snapshot, detail: str, missing: tuple[Mapping[str, str], ...] = ()) -> Completeness:
    held = len(snapshot.records)
    return Completeness("*", "*", snapshot.stream.name, None, held, "partial", missing, detail=detail)


def of_worklogs(refused: SourceError, *, is_offered: bool) -> Completeness:
    """The feeds broke off: not offered by the site, or offered and refused in part."""
    if not is_offered and isinstance(refused, ForbiddenError | NotFoundError):
        return Completeness("*", "*", streams.WORKLOG.name, None, 0, "unavailable", detail=refused.message)
    missing = ({"id": "*", "class": "skipped", "evidence": refused.message},)
    return Completeness("*", "*", streams.WORKLOG.name, None, 0, "partial", missing, detail=refused.message)
