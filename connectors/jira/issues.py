"""Issues as they stream in: how to ask for them, and what of each page is news.

Only `updated`, project and changelog counts are looked at; the payload goes on as the bytes that came.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.http import Session
from connectors.jira import portions, streams, wire
from connectors.jira.checkpoint import Range, State
from connectors.jira.config import Settings
from connectors.jira.pages import following
from connectors.jira.portions import Splitting
from connectors.source import Batch, Rejected

SEARCH: Final = "/rest/api/3/search/jql"
BULK: Final = "/rest/api/3/issue/bulkfetch"
BULK_SIZE: Final = 100  # ids a bulk fetch takes
_EVERYTHING: Final = "created >= 0"  # Jira refuses a search without any restriction
ORDER: Final = "ORDER BY created ASC"  # never changes, so an update between two pages shifts nothing


def scope(projects: Sequence[str]) -> str:
    names = ", ".join(name if name.isdigit() else f'"{name}"' for name in projects)
    return f"project in ({names})" if names else _EVERYTHING


def ordered(*clauses: str) -> str:
    return f"{' AND '.join(clauses)} {ORDER}"


def since(within: str, millis: int, reconcile: Sequence[int] = ()) -> Range:
    """Everything updated since, by the full minute before: JQL compares minutes, and epoch time has no zone."""
    return Range(ordered(within, f"updated >= {millis // 60_000 * 60_000}"), reconcile=list(reconcile))


def reconciled(ids: Sequence[int]) -> dict[str, list[int]]:
    """The part of a search that asks Jira not to trust its index for these ids."""
    return {"reconcileIssues": list(ids)} if ids else {}


async def range_pages(session: Session, settings: Settings, part: Range) -> AsyncIterator[tuple[Range, wire.IssuePage]]:
    body: dict[str, Any] = {
        "jql": part.jql,
        "fields": ["*all"],
        "expand": "changelog",
        **reconciled(part.reconcile),
    }
    splitting = Splitting(session, settings.page_size)
    async for page in following(lambda asked: splitting.page(SEARCH, asked), SEARCH, body, part.token):
        yield part, page


def by_id(session: Session, ids: Sequence[int]) -> AsyncIterator[wire.IssuePage]:
    """Up to a hundred issues by id; those that are not found or not visible are silently left out by Jira."""
    return portions.by_id(session, BULK, ids, {"fields": ["*all"], "expand": ["changelog"]})


@dataclass
class Intake:
    """Turns pages into batches and keeps the state in step; `window` is where the next look back begins (millis).

    `floor` is where this one began. What comes with an earlier time is an echo: the index says it is new, its own
    time says it is not (a re-index rewrites indexed times). It is taken, and remembered for the next look back. An
    issue that is older and yet unknown came into sight, and one that comes in an older version than is held came from
    an index that lags: both are due to be asked for by id.
    """

    state: State
    window: int
    full: bool
    floor: int = 0
    echoes: set[int] = field(default_factory=set)
    rejected: list[Rejected] = field(default_factory=list)
    issues: int = 0
    _seen: dict[str, dict[int, int]] = field(default_factory=dict)  # per range, which are disjoint
    _came: dict[int, int] = field(default_factory=dict)  # what came into sight, and in which version

    def take(self, page: wire.IssuePage, part: str, *, known: bool = True, lags: bool = True) -> Batch:
        """News of one page. A version that is held already (where `known` says so), or came before, is none.

        Nor is one older than what is held, if it comes from an index that `lags` and not from a fetch by id.
        """
        batch = Batch(streams.ISSUE.name)
        seen = self._seen.setdefault(part, {})
        recent = {} if self.full or not known else self.state.recent
        for place, (head, raw) in enumerate(zip(page.heads, page.raws, strict=True)):
            try:
                issue = int(head.id)
            except ValueError:
                self._reject(head, bytes(raw), "the id is no number")
                continue
            at = wire.moment(head.fields.updated)
            stamp = wire.stamp(head.fields.updated, at)
            if seen.get(issue) == stamp:
                continue
            seen[issue] = stamp
            if 0 <= stamp < self.floor:
                self.echoes.add(issue)
            if self._is_known(issue, stamp, recent, lags=lags):
                continue
            if self.is_old(head) and not self.state.held.holds(issue):
                self.state.due.add(issue)
                self._came[issue] = stamp
            self._note(issue, stamp, head)
            batch.add(head.id, bytes(raw), at)
            if place in page.mended:
                self._reject(head, page.mended[place], "half of a surrogate pair: kept with U+FFFD in its place")
        self.issues += len(batch)
        return batch

    def close(self, part: str) -> None:
        self._seen.pop(part, None)

    def _is_known(self, issue: int, stamp: int, recent: dict[int, int], *, lags: bool) -> bool:
        held = self._came.get(issue) or recent.get(issue)
        is_older = lags and held is not None and 0 <= stamp < held
        if is_older:
            self.state.due.add(issue)
        return is_older or held == stamp

    def is_old(self, head: wire.Head) -> bool:
        """Created before this look back began: more of it than its last update may have gone unseen."""
        born = wire.moment(head.fields.created) if self.floor else None
        return born is not None and wire.millis(born) < self.floor

    def _note(self, issue: int, stamp: int, head: wire.Head) -> None:
        if stamp < 0 or stamp >= self.window or issue in self.echoes:
            self.state.recent[issue] = stamp
        log, project = head.changelog, head.fields.project
        told, came = (-1, 0) if log is None else (log.total, len(log.histories))
        if told < 0 or came < told:
            self.state.overflow[issue] = stamp
        else:
            self.state.overflow.pop(issue, None)
            self.state.held.short.pop(issue, None)
        self._note_comments(issue, stamp, head.fields.comment)
        # of a length that is not told, 0 is held: with the overflow beside it, that reads as unknown
        self.state.held.put(issue, "" if project is None else project.id, max(told, 0))

    def _note_comments(self, issue: int, stamp: int, comments: wire.Comments | None) -> None:
        if comments is None or not len(comments.comments) >= comments.total >= 0:
            self.state.short_comments[issue] = stamp
        else:
            self.state.short_comments.pop(issue, None)

    def _reject(self, head: wire.Head, raw: bytes, reason: str) -> None:
        self.rejected.append(Rejected(streams.ISSUE.name, f"issue {head.id!r}", reason, raw.decode(errors="replace")))
