"""What webhooks told of since the last sync: issues to ask for afresh, whatever the search says, and deletions.

Asked for last, when the search is done, so that what lands is the newest whatever the order in which hints came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from connectors.jira import wire
from connectors.jira.dimensions import Project
from connectors.jira.held import Held
from connectors.source import Hint

RECONCILED: Final = 50  # ids that Jira looks up afresh for one search


class Told:
    """The hints of one sync by issue; the newest word on each counts."""

    def __init__(self, hints: Sequence[Hint] = ()) -> None:
        self._hints: dict[int, Hint] = {}
        self.deleted: dict[int, Hint] = {}
        for hint in sorted(hints, key=lambda one: one.at):
            for issue in (int(key) for key in hint.keys if key.isascii() and key.isdigit() and len(key) <= 18):
                self._hints[issue] = hint
                if hint.deleted:
                    self.deleted[issue] = hint
        newest = sorted(self._hints, key=lambda issue: self._hints[issue].at, reverse=True)
        self.reconcile = sorted(newest[:RECONCILED])
        self._came: dict[int, int] = {}  # what this sync already has of them: issue → version

    def note(self, page: wire.IssuePage) -> None:
        """Remember which version of these issues came by the search."""
        if self._hints:
            for head in page.heads:
                if head.id.isdigit() and int(head.id) in self._hints:
                    self._came[int(head.id)] = _version(head)

    def besides(self, *asked: Iterable[int]) -> list[int]:
        """The issues that are to be asked for besides those which are asked for anyway."""
        return sorted(set(self._hints).difference(*asked))

    def sift(self, page: wire.IssuePage, held: Held, chosen: Sequence[Project] | None) -> wire.IssuePage:
        """The page without what came by the search already, and without issues that only a hint brought up.

        Where projects are chosen, an issue of another one is of interest only if it is held: it moved away.
        """
        ours = None if chosen is None else {project.id for project in chosen}
        keep = [self._is_news(head, held, ours) for head in page.heads]
        if all(keep):
            return page
        heads = [head for head, kept in zip(page.heads, keep, strict=True) if kept]
        raws = [raw for raw, kept in zip(page.raws, keep, strict=True) if kept]
        return wire.IssuePage(heads, raws, page.nextPageToken, page.errors)

    def _is_news(self, head: wire.Head, held: Held, ours: set[str] | None) -> bool:
        issue = int(head.id) if head.id.isdigit() else -1
        if issue not in self._hints:
            return True
        project = head.fields.project
        is_ours = ours is None or (project is not None and project.id in ours)
        return self._came.get(issue) != _version(head) and (is_ours or held.numbers_of(np.array([issue]))[0] >= 0)

    def evidence(self, issue: int) -> str:
        """What a webhook said of a deletion; empty where none did."""
        hint = self.deleted.get(issue)
        if hint is None:
            return ""
        by = f" by {hint.actor}" if hint.actor else ""
        return f"the webhook {hint.event} of {hint.at:%Y-%m-%d %H:%M:%S} UTC{by}, and absent from a fetch by id"


def _version(head: wire.Head) -> int:
    return wire.stamp(head.fields.updated, wire.moment(head.fields.updated))
