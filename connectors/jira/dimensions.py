"""The small dimensions, read whole at every sync: `updated` of an issue does not tell when a sprint, version,
user, board or status changes, so these are compared by hash with what the checkpoint remembers.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Container
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Raw, Struct

from connectors.errors import ForbiddenError, NotFoundError, RefusedError, SourceError
from connectors.http import Session, get
from connectors.jira import streams, wire
from connectors.jira.flavour import Flavour
from connectors.jira.loop import together
from connectors.jira.pages import by_offset
from connectors.source import Batch, Stream

_REFUSED: Final = (ForbiddenError, NotFoundError, RefusedError)


class _Keyed(Struct):
    id: str | int = ""
    key: str = ""
    name: str = ""
    accountId: str = ""  # noqa: N815 - Jira's word
    baseUrl: str = ""  # noqa: N815 - Jira's word
    version: str = ""
    deploymentType: str = ""  # noqa: N815 - Jira's word


class Project(Struct):
    id: str
    key: str
    archived: bool = False
    deleted: bool = False
    projectKeys: list[str] = []  # noqa: N815 - Jira's word: the key it has and those it had

    @property
    def is_live(self) -> bool:
        return not (self.archived or self.deleted)

    @property
    def names(self) -> set[str]:
        """Whatever the settings may call it by: a key that was changed is still its name."""
        return {self.id, self.key, *self.projectKeys}


class _Location(Struct):
    projectId: str | int = ""  # noqa: N815 - Jira's word
    projectKey: str = ""  # noqa: N815 - Jira's word


class _Board(Struct):
    id: int
    type: str = ""
    location: _Location | None = None


class _LinkTypes(Struct):
    issueLinkTypes: list[Raw]  # noqa: N815 - Jira's word


_keyed: Final = msgspec.json.Decoder(_Keyed)
_project: Final = msgspec.json.Decoder(Project)
_board: Final = msgspec.json.Decoder(_Board)
_link_types: Final = wire.decoder(_LinkTypes)
_raw: Final = wire.decoder(Raw)


@dataclass
class Snapshot:
    """All records of one dimension, or why they could not be had (`unavailable`).

    `skipped` names children left out against the site's promise, each with the reason; `is_whole` is false where
    any may be lacking.
    """

    stream: Stream
    records: dict[str, bytes] = field(default_factory=dict)
    unavailable: str = ""
    skipped: dict[str, str] = field(default_factory=dict)
    is_whole: bool = True
    owners: dict[str, str] = field(default_factory=dict)  # record → project, where it belongs to one

    def skip(self, child: str, refused: SourceError) -> None:
        self.skipped[child] = refused.message

    def add(self, raws: list[Raw], owner: str = "") -> None:
        for raw in raws:
            payload = bytes(raw)
            head = _keyed.decode(payload)
            key = _key(self.stream, head)
            self.records[key] = payload
            if owner:
                self.owners[key] = min(owner, self.owners.get(key, owner))  # a sprint may be on several boards


def _key(stream: Stream, head: _Keyed) -> str:
    if stream is streams.USER:
        return head.accountId or head.key or head.name  # Data Center has no account ids
    return head.baseUrl if stream is streams.SERVER else str(head.id)


async def read_projects(flavour: Flavour, session: Session, wanted: tuple[str, ...]) -> tuple[Snapshot, list[Project]]:
    """Projects in every state that is shown; `wanted` keys or ids limit them."""
    pairs = [(raw, _project.decode(raw)) for raw in await flavour.projects(session)]
    chosen = [(raw, project) for raw, project in pairs if not wanted or project.names & set(wanted)]
    snapshot = Snapshot(streams.PROJECT)
    snapshot.add([raw for raw, _ in chosen])
    return snapshot, [project for _, project in chosen]


async def read_others(flavour: Flavour, session: Session, projects: list[Project], *, filtered: bool) -> list[Snapshot]:
    """Every other dimension at once; `filtered` keeps boards to the chosen projects.

    There may be many boards and projects: not all of them queue up before what else is asked for meanwhile.
    """
    api, turns = flavour.api, asyncio.Semaphore(session.policy.in_flight)
    groups = await together(
        _read(streams.FIELD, flavour.fields(session)),
        _read(streams.STATUS, session.fetch(get(f"{api}/status"), wire.raw_list)),
        _read(streams.USER, flavour.users(session)),
        _read(streams.LINK_TYPE, _read_link_types(session, api)),
        _read(streams.SERVER, _single(session, f"{api}/serverInfo")),
        _boards(session, turns, projects, filtered=filtered),
        _versions(session, turns, api, projects),
    )
    return [snapshot for group in groups for snapshot in group]


async def _read(stream: Stream, reading: Awaitable[list[Raw]]) -> list[Snapshot]:
    snapshot = Snapshot(stream)
    try:
        snapshot.add(await reading)
    except _REFUSED as refused:
        snapshot.unavailable = refused.message
    return [snapshot]


async def _single(session: Session, path: str) -> list[Raw]:
    return [await session.fetch(get(path), _raw)]


async def _read_link_types(session: Session, api: str) -> list[Raw]:
    return (await session.fetch(get(f"{api}/issueLinkType"), _link_types)).issueLinkTypes


async def _boards(
    session: Session, turns: asyncio.Semaphore, projects: list[Project], *, filtered: bool
) -> list[Snapshot]:
    (boards,) = await _read(streams.BOARD, by_offset(session, "/rest/agile/1.0/board"))
    sprints = Snapshot(streams.SPRINT, unavailable=boards.unavailable)
    if boards.unavailable:
        return [boards, sprints]
    heads = {key: _board.decode(payload) for key, payload in boards.records.items()}
    if filtered:
        heads = {key: head for key, head in heads.items() if _belongs(head, projects)}
        boards.records = {key: boards.records[key] for key in heads}
    boards.owners = {key: owner for key, head in heads.items() if (owner := _owner(head))}
    sprinting = [head for head in heads.values() if head.type != "kanban"]
    found = await together(*(_sprints(session, turns, sprints, board) for board in sprinting))
    for board, raws in zip(sprinting, found, strict=True):  # not as they came: the same order each time
        sprints.add(raws, _owner(board))
    return [boards, sprints]


async def _sprints(session: Session, turns: asyncio.Semaphore, sprints: Snapshot, board: _Board) -> list[Raw]:
    try:
        async with turns:
            return await by_offset(session, f"/rest/agile/1.0/board/{board.id}/sprint")
    except _REFUSED as refused:
        if refused.status != 400:  # 400: this board has no sprints, which is its right
            sprints.skip(f"board/{board.id}", refused)
        return []


def _owner(board: _Board) -> str:
    return "" if board.location is None else str(board.location.projectId)


def _belongs(board: _Board, projects: list[Project]) -> bool:
    return board.location is None or any(
        project.id == str(board.location.projectId) or project.key == board.location.projectKey for project in projects
    )


async def _versions(session: Session, turns: asyncio.Semaphore, api: str, projects: list[Project]) -> list[Snapshot]:
    versions = Snapshot(streams.VERSION)
    asked = [project for project in projects if not project.deleted]
    found = await together(*(_versions_of(session, turns, api, versions, project) for project in asked))
    for project, raws in zip(asked, found, strict=True):
        versions.add(raws, project.id)
    return [versions]


async def _versions_of(
    session: Session, turns: asyncio.Semaphore, api: str, versions: Snapshot, project: Project
) -> list[Raw]:
    try:
        async with turns:
            return await session.fetch(get(f"{api}/project/{project.id}/versions"), wire.raw_list)
    except _REFUSED as refused:
        versions.is_whole = False
        if not project.archived:  # an archive may keep its versions to itself
            versions.skip(f"project/{project.id}", refused)
        return []


@dataclass
class Change:
    """What is new in a dimension since the checkpoint."""

    batch: Batch
    hashes: dict[str, str]
    kept: int = 0  # keys that are gone from the list but not believed to be


def homes_of_gone(snapshot: Snapshot, before: dict[str, str]) -> set[str]:
    """The projects of what is no longer listed: whether they can be seen decides what its absence means."""
    return {_home(mark) for key, mark in before.items() if key not in snapshot.records} - {""}


def compare(snapshot: Snapshot, before: dict[str, str], *, may_bury: bool, open_: Container[str] = ()) -> Change:
    """Changed records, and tombstones for those that vanished, unless a lost permission is the likelier reason.

    What belongs to a project is gone if that project is `open_`, and put away with it if not; for the rest, and for
    what vanished in masses, `may_bury` says whether everything that it could hang on is in sight.
    """
    batch = Batch(snapshot.stream.name)
    hashes = {key: _mark(snapshot, key) for key in snapshot.records}
    for key, value in hashes.items():
        if before.get(key) != value:
            batch.add(key, snapshot.records[key])
    away = {key for key, mark in before.items() if key not in hashes and _home(mark) and _home(mark) not in open_}
    gone = [key for key in before if key not in hashes and key not in away]
    kept = {key: before[key] for key in away}
    may_bury = may_bury or all(_home(before[key]) for key in gone)
    if not (may_bury and snapshot.is_whole) or snapshot.skipped or len(gone) > max(5, len(before) // 2):
        return Change(batch, {**kept, **{key: before[key] for key in gone}, **hashes}, len(gone))
    for key in gone:
        batch.add(key, b"{}", deleted=True)
    return Change(batch, kept | hashes)


def _mark(snapshot: Snapshot, key: str) -> str:
    """What the checkpoint remembers of a record: the hash of its content, and the project that it belongs to."""
    owner = snapshot.owners.get(key, "")
    return _hash(snapshot.stream, snapshot.records[key]) + (f"@{owner}" if owner else "")


def _home(mark: str) -> str:
    return mark.partition("@")[2]


def _hash(stream: Stream, payload: bytes) -> str:
    if stream is streams.SERVER:  # its clock ticks: that alone is no news
        head = _keyed.decode(payload)
        payload = f"{head.baseUrl} {head.version} {head.deploymentType}".encode()
    return hashlib.blake2b(payload, digest_size=8).hexdigest()
