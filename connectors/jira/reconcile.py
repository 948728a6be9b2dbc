"""Brings what is held in line with the census: what differs is asked for by id, and what is not to be had is judged.

Whatever was out of sight for a while is asked for again once it is back, since its updates went unseen meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from connectors.http import Session
from connectors.jira import absence, census, certificates, checkpoint, issues, streams, wire, worklogs
from connectors.jira.config import Settings
from connectors.jira.dimensions import Project
from connectors.jira.flavour import Flavour
from connectors.jira.held import Ids, distinct
from connectors.jira.hints import Told
from connectors.jira.loop import Loop
from connectors.source import Batch, Item

BY_ID: Final = "by id"


class Reconciliation:
    """One pass over one census. Afterwards `census` is without what was deleted meanwhile, `delivered` with all met."""

    def __init__(
        self,
        loop: Loop,
        session: Session,
        flavour: Flavour,
        settings: Settings,
        state: checkpoint.State,
        projects: Sequence[Project],
        told: Told,
    ) -> None:
        self._loop, self._session, self._flavour, self._settings, self._state = loop, session, flavour, settings, state
        self._projects, self._told = projects, told
        self._witness = absence.Witness(session, flavour.api, sees_all=settings.sees_all_issues)
        self.census = census.nothing()
        self.delivered: Ids = np.empty(0, np.int64)
        self.missing = certificates.Missing()
        self.lost: Ids = np.empty(0, np.int64)  # in the census, but not to be had by id
        self._met: set[int] = set()
        self._troubled: set[int] = set()

    def items(self, intake: issues.Intake, there: census.Census, at: Any) -> Iterator[Item]:
        """`at` is the source's time of the sync, which tombstones bear."""
        held, self._intake, self.census, self._at = self._state.held, intake, there, at
        self.delivered = held.settle()
        found = self._differences()
        back, renamed = self._back(found)
        homes = held.by_project(_ids({*found.absent, *back}))
        anyway = [*found.absent, *back], sorted({*found.lacking, *renamed})
        for known, ids in ((True, anyway[0]), (False, anyway[1]), (True, self._told.besides(*anyway))):
            yield from self._ask(ids, known=known)
        self.delivered = distinct(self.delivered, held.settle(), _ids(self._met))
        yield from self._judge(found.absent)
        self._let_go(homes)
        yield from self._find_again(_ids({*found.lacking, *back, *renamed} - self._met))
        self._remember(there, {*back, *renamed})

    def _differences(self) -> census.Differences:
        """What to ask for by id: nothing of a project that may not be browsed."""
        held = self._state.held
        found = census.compare(held, self.census, self.delivered, self._projects, self._told.deleted)
        for project, (why, hidden) in found.hidden.items():
            self.missing.add(project, "out_of_scope" if self._is_left_out(project) else why, hidden.tolist())
        for project, ids in held.by_project(_ids(set(found.absent))).items():
            browsable = self._loop.run(self._witness.may_browse(project))
            if not browsable:
                self._keep(project, absence.no_permission(browsable), ids)
                found.absent = np.setdiff1d(np.array(found.absent, dtype=np.int64), ids).tolist()
        return found

    def _is_left_out(self, project: str) -> bool:
        """Whether the settings name projects, and this one, by id or the key it last had, is none of them."""
        named = self._settings.projects
        return bool(named) and project not in named and self._state.keys.get(project) not in named

    def _back(self, found: census.Differences) -> tuple[list[int], list[int]]:
        """Held issues to be asked for again: those due that are in sight, and all of a project with another key."""
        due = np.intersect1d(_ids(self._state.due), self.census.ids, assume_unique=True)
        due = np.setdiff1d(due, np.array(found.lacking, dtype=np.int64))
        names = {project.id for project in self._projects if project.is_live and self._has_new_key(project)}
        both = np.intersect1d(self._state.held.ids, self.census.ids, assume_unique=True) if names else _ids(set())
        rows = self._state.held.by_project(both)
        renamed = [issue for name in names for issue in rows.get(name, np.empty(0, np.int64)).tolist()]
        return np.setdiff1d(due, _ids(set(renamed))).tolist(), renamed

    def _has_new_key(self, project: Project) -> bool:
        return self._state.keys.get(project.id, project.key) != project.key

    def _ask(self, ids: Sequence[int], *, known: bool) -> Iterator[Item]:
        chains = (self._flavour.by_id(self._session, group) for group in wire.chunks(sorted(ids), issues.BULK_SIZE))
        for page in self._loop.merge(chains, self._settings.in_flight, self._settings.in_flight):
            yield from self._take(page, known=known)

    def _take(self, page: wire.IssuePage, *, known: bool) -> Iterator[Item]:
        self._met |= {int(head.id) for head in page.heads if head.id.isdigit()}
        self._troubled |= {int(error.id) for error in page.errors if error.id.isdigit()}
        for head in page.heads:
            if head.fields.archiveddate and head.fields.project:
                self.missing.add(head.fields.project.id, "archived", [int(head.id)])
                self.missing.proofs[int(head.id)] = f"a fetch by id says: archived on {head.fields.archiveddate}"
        page = self._told.sift(page, self._state.held, self._projects if self._settings.projects else None)
        batch = self._intake.take(page, BY_ID, known=known, lags=False)
        if batch:
            yield batch
        yield from self._intake.rejected
        self._intake.rejected.clear()
        yield from self._worklogs(page)

    def _worklogs(self, page: wire.IssuePage) -> Iterator[Batch]:
        """Of issues that came into sight: the feed of changed worklogs passed over theirs."""
        raws = [bytes(raw) for head, raw in zip(page.heads, page.raws, strict=True) if self._intake.is_old(head)]
        yield from (
            batch
            for batch in self._loop.merge([worklogs.of_issues(self._session, self._flavour.api, raws)], 1, 1)
            if batch
        )

    def _judge(self, absent: Sequence[int]) -> Iterator[Item]:
        """Bury what can only have been deleted, and say of the rest why it is kept."""
        held = self._state.held
        doubtful = set(absent) & self._troubled - self._met
        self._troubled -= doubtful
        yield from self._look_again(_ids(doubtful))
        holdings = {name: tally[0] for name, tally in held.counts().items()}
        for project, ids in held.by_project(_ids(set(absent) - self._met - self._troubled)).items():
            in_masses = len(set(ids.tolist()).difference(self._told.deleted))
            verdict = self._loop.run(self._witness.of(project, in_masses, holdings[project]))
            if verdict.why == "deleted":
                yield from self._look_again(ids)
                ids = np.setdiff1d(ids, _ids(self._met | self._troubled))
                verdict = self._loop.run(self._witness.doubt(project)) or verdict
            self._keep(project, verdict, ids)
            if verdict.why == "deleted" and len(ids):
                yield self._tombstones(project, ids)
                self.census = self.census.without(ids)  # its index may lag behind
                self._forget(ids.tolist())
        for project, ids in held.by_project(_ids(set(absent) & self._troubled - self._met)).items():
            self.missing.add(project, "unresolved", ids.tolist())

    def _keep(self, project: str, verdict: absence.Verdict, ids: Ids) -> None:
        self.missing.add(project, verdict.why, ids.tolist())
        for issue in ids.tolist():
            heard = self._told.evidence(issue)
            self.missing.proofs[issue] = f"{heard}; {verdict.proof}" if heard else verdict.proof
        if verdict.is_of_project:
            self.missing.out_of_sight.add(project)

    def _look_again(self, ids: Ids) -> Iterator[Item]:
        for page in self._loop.merge([absence.again(self._session, self._flavour, ids.tolist())], 1, 1):
            yield from self._take(page, known=True)
        self.delivered = distinct(self.delivered, self._state.held.settle(), _ids(self._met))

    def _let_go(self, homes: Mapping[str, Ids]) -> None:
        """What a fetch by id gives under a project that the settings do not name has moved out of our scope."""
        if not self._settings.projects:
            return
        chosen = {project.id for project in self._projects}
        held = self._state.held
        away = held.by_project(np.intersect1d(_ids(self._met), held.ids, assume_unique=True))
        moved = _ids({issue for project, ids in away.items() if project not in chosen for issue in ids.tolist()})
        for project, ids in homes.items():
            self.missing.add(project, "moved", np.intersect1d(ids, moved).tolist())
        self._forget(moved.tolist())

    def _find_again(self, lost: Ids) -> Iterator[Item]:
        """In the census, but left out of a bulk fetch: there after all, deleted since the census, or unexplained."""
        if not len(lost):
            return
        yield from self._look_again(lost)
        self.lost = np.setdiff1d(lost, _ids(self._met))

    def explain_lost(self, later: census.Census) -> None:
        """Against a later census: what is in neither was deleted meanwhile; the rest stays unexplained."""
        self.census = self.census.without(np.setdiff1d(self.lost, later.ids))
        for project, ids in self.census.by_project(self.lost).items():
            self.missing.add(project, "unresolved", ids.tolist())

    def _tombstones(self, project: str, ids: Ids) -> Batch:
        batch = Batch(streams.ISSUE.name)
        for issue in ids.tolist():
            proof: dict[str, Any] = {
                "id": str(issue),
                "_absence": "not_found",
                "_class": "deleted",
                "_project_id": project,
                "_evidence": self.missing.proofs.get(issue, census.evidence("deleted")),
            }
            batch.add(str(issue), msgspec.json.encode(proof), self._at, deleted=True)
        return batch

    def _forget(self, ids: list[int]) -> None:
        self._state.held.drop(ids)
        self.delivered = np.setdiff1d(self.delivered, _ids(set(ids)), assume_unique=True)
        for issue in ids:
            self._state.recent.pop(issue, None)
            self._state.overflow.pop(issue, None)
            self._state.short_comments.pop(issue, None)

    def _remember(self, there: census.Census, asked: set[int]) -> None:
        """What is out of sight is due when it comes back, as is what could not be had; a new key is known by now."""
        state = self._state
        # each id is there once: numpy need not hash a hundred thousand of them while no request is in flight
        absent = np.setdiff1d(state.held.ids, there.ids, assume_unique=True)
        unseen = np.setdiff1d(absent, self.delivered, assume_unique=True)
        failed = {issue for issue in asked - self._met if state.held.holds(issue)}
        state.due = {*unseen.tolist(), *failed}
        unsure = set(state.held.by_project(_ids(failed)))
        state.keys |= {one.id: one.key for one in self._projects if one.is_live and one.id not in unsure}


def _ids(numbers: set[int]) -> Ids:
    return np.array(sorted(numbers), dtype=np.int64)
