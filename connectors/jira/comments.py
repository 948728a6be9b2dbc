"""Comments that an issue carried only in part, or not at all, fetched whole.

Jira has no bulk answer for the comments of many issues. What a page left out altogether is asked for again a hundred
issues at a time; a list that is longer than an issue shows takes a call for that issue alone, as does an issue that
bulk leaves out or calls an error: neither tells how many comments there are. No other does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.errors import ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session, get, post
from connectors.jira import streams, wire
from connectors.jira.checkpoint import State
from connectors.jira.dimensions import Project
from connectors.jira.issues import BULK, BULK_SIZE
from connectors.jira.loop import Loop
from connectors.source import Batch, Completeness

_PAGE: Final = 100


@dataclass
class Listed:
    """Pages of one issue's comments, as bytes worded like a page of their own, and how many there are."""

    issue: int
    pages: list[bytes] = field(default_factory=list)
    held: int = 0
    total: int = -1  # the issue tells none

    @property
    def is_whole(self) -> bool:
        return self.held >= self.total


class Reader:
    """Works off what the state says is lacking; afterwards `short` names the issues that still are."""

    def __init__(self, session: Session, api: str, state: State) -> None:
        self._session, self._api, self._state = session, api, state
        self._told: dict[int, Listed] = {}
        self.short: set[int] = set()

    def batches(self, loop: Loop, in_flight: int) -> Iterator[Batch]:
        pending = sorted(self._state.short_comments)
        chains = (self._fetch(group) for group in wire.chunks(pending, BULK_SIZE))
        for listed in loop.merge(chains, in_flight, in_flight):
            yield self._take(listed)

    async def _fetch(self, group: Sequence[int]) -> AsyncIterator[Listed]:
        body = {"issueIdsOrKeys": [str(issue) for issue in group], "fields": ["comment"]}
        try:
            page = await self._session.fetch(post(BULK, body), wire.issue_page)
        except (ForbiddenError, NotFoundError, RefusedError):  # not offered here: every one by itself
            for issue in group:
                yield await self._single(issue, told=1)
            return
        shown = {int(head.id): head for head in page.heads}
        for issue in group:
            head = shown.get(issue)
            if head is None:
                yield await self._single(issue, told=1)
                continue
            comments = head.fields.comment
            if comments is None:
                yield Listed(issue)
            elif 0 <= comments.total <= len(comments.comments):
                yield Listed(issue, [_page(issue, comments)], len(comments.comments), comments.total)
            else:
                yield await self._single(issue, told=comments.total)

    async def _single(self, issue: int, *, told: int) -> Listed:
        """Page by page; `told` is how many there should be, should none of them be had."""
        listed = Listed(issue, total=told)
        while True:
            params = (("startAt", str(listed.held)), ("maxResults", str(_PAGE)), ("orderBy", "created"))
            try:
                page = await self._session.fetch(get(f"{self._api}/issue/{issue}/comment", *params), wire.comment_page)
            except (ForbiddenError, NotFoundError, RefusedError):
                return listed
            listed.total = page.total
            if page.comments:
                listed.pages.append(_page(issue, page))
                listed.held += len(page.comments)
            if not page.comments or listed.is_whole:
                return listed

    def _take(self, listed: Listed) -> Batch:
        batch = Batch(streams.ISSUE_COMMENT.name)
        stamp = self._state.short_comments.get(listed.issue, -1)
        for number, page in enumerate(listed.pages, 1):
            batch.add(f"{listed.issue}/{number:04d}", page, wire.from_millis(stamp) if stamp >= 0 else None)
        if listed.is_whole:
            self._state.short_comments.pop(listed.issue, None)
        else:
            self.short.add(listed.issue)
        self._told[listed.issue] = listed
        return batch

    def certificates(self, projects: Sequence[Project]) -> list[Completeness]:
        """Per project, the comments of the lists that came short: how many there are, and how many came."""
        keys = {project.id: project.key for project in projects}
        sums: dict[str, list[int]] = {}
        for issue, project in self._state.held.projects_of(self._told).items():
            listed = self._told[issue]
            tally = sums.setdefault(project, [0, 0, 0])
            for place, value in enumerate((1, max(listed.total, 0), listed.held)):
                tally[place] += value
        return [
            Completeness(
                project,
                keys.get(project, project),
                streams.ISSUE_COMMENT.name,
                there,
                held,
                "complete" if held >= there else "partial",
                detail=f"{lists} lists that an issue showed only in part",
            )
            for project, (lists, there, held) in sums.items()
        ]


def _page(issue: int, page: wire.Comments) -> bytes:
    return b'{"issueId":"%d","total":%d,"comments":[%s]}' % (issue, page.total, b",".join(map(bytes, page.comments)))
