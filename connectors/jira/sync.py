"""One sync of one Jira site, step by step: sign in, dimensions, issues, census, changelogs, worklogs, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import msgspec
import numpy as np

from connectors.errors import ConfigurationError, DeferredError, ForbiddenError, NotFoundError, ProtocolError
from connectors.http import Session
from connectors.jira import census, certificates, changelogs, checkpoint, dimensions, issues, streams, wire, worklogs
from connectors.jira.client import Client
from connectors.jira.config import Settings
from connectors.jira.held import Ids, distinct
from connectors.jira.loop import Loop
from connectors.source import Batch, Clock, Completeness, Item, Outcome, Progress

_TELL_EVERY: Final = 2_000  # issues between two lines of progress


class Sync:
    """The steps share this state; `items` runs them. Nothing is remembered but through the outcome's checkpoint."""

    def __init__(
        self, settings: Settings, state: checkpoint.State, clock: Clock, loop: Loop, session: Session, client: Client
    ) -> None:
        self._settings, self._state, self._clock = settings, state, clock
        self._loop, self._session, self._client = loop, session, client
        self._started = clock()
        self._server_time = self._started
        self._projects: list[dimensions.Project] = []
        self._census: census.Census | None = None
        self._delivered = np.empty(0, np.int64)
        self._missing = certificates.Missing()
        self._certificates: list[Completeness] = []

    def items(self, *, full: bool) -> Iterator[Item]:
        """Everything that is new, and the outcome last; a quota that runs out ends the sync early but in order."""
        try:
            self._sign_in()
            yield Progress(
                f"signed in, the site's clock says {self._server_time:%Y-%m-%d %H:%M} UTC",
                server_time=self._server_time,
            )
            yield from self._read_dimensions()
            yield from self._read_issues(full=full)
            yield from self._reconcile()
            yield from self._read_changelogs()
            yield from self._read_worklogs(full=full)
        except DeferredError as stop:
            yield self._deferred(stop)
        else:
            yield self._finished()

    def _sign_in(self) -> None:
        info = self._client.server_info()
        if not info.get("version") or "baseUrl" not in info:
            raise ProtocolError(f"{self._settings.url} does not describe itself as a Jira.", "Check the address.")
        if str(info.get("deploymentType", "Cloud")).lower() != "cloud":
            raise ConfigurationError(f"{self._settings.url} is a Jira Data Center; this connector reads Jira Cloud.")
        self._server_time = wire.moment(info.get("serverTime")) or self._started
        self._client.myself()

    @property
    def _lookback(self) -> timedelta:
        return timedelta(minutes=self._settings.lookback_minutes)

    @property
    def _window(self) -> int:
        """Where the next sync will begin to look back, in millis."""
        return wire.millis(self._server_time - self._lookback)

    def _within(self) -> str | None:
        """The JQL that bounds every search; None where nothing of what the settings name is visible."""
        if not self._settings.projects:
            return issues.scope(())
        live = [project.key for project in self._projects if project.is_live]
        return issues.scope(live) if live else None

    def _read_dimensions(self) -> Iterator[Item]:
        wanted = self._settings.projects
        listed, self._projects = self._loop.run(dimensions.read_projects(self._session, wanted))
        others = self._loop.run(dimensions.read_others(self._session, self._projects, filtered=bool(wanted)))
        nothing_hidden = set(self._state.dimensions.get(streams.PROJECT.name, {})) <= set(listed.records)
        for snapshot in (listed, *others):
            name = snapshot.stream.name
            change = None
            if not snapshot.unavailable:
                may_bury = nothing_hidden and snapshot is not listed  # a project out of sight is not a deleted one
                change = dimensions.compare(snapshot, self._state.dimensions.get(name, {}), may_bury=may_bury)
                self._state.dimensions[name] = change.hashes
                if change.batch:
                    yield change.batch
            told = certificates.of_dimension(snapshot, change.kept if change and snapshot is not listed else 0)
            self._certificates += [told] if told else []
        self._certificates += certificates.of_unseen(wanted, self._projects)

    def _plan(self, *, full: bool) -> checkpoint.Unfinished:
        within, since = self._within(), self._state.server_time
        todo = checkpoint.Unfinished(full, self._server_time)
        if within is None:
            return todo
        if full or since is None:
            self._census = self._loop.run(census.read(self._session, within, self._projects))
            listed = self._census.listed
            todo.ranges = self._loop.run(issues.plan(self._session, self._settings, within, listed))
        else:
            todo.ranges = [issues.since(within, wire.millis(since - self._lookback))]
        return todo

    def _read_issues(self, *, full: bool) -> Iterator[Item]:
        state = self._state
        todo = state.unfinished
        if todo is None or (full and not todo.full) or state.scope != self._settings.projects:
            full = full or state.server_time is None or state.scope != self._settings.projects
            todo = self._plan(full=full)
            state.unfinished, state.scope = todo, self._settings.projects
        self._server_time = todo.server_time  # a sync taken up again vouches from when it was begun
        self._intake = issues.Intake(state, self._window, todo.full)
        total = len(self._census.listed) if self._census else None
        told = 0
        chains = (issues.range_pages(self._session, self._settings, part) for part in list(todo.ranges))
        for part, page in self._loop.merge(chains, self._settings.in_flight, self._settings.in_flight):
            batch = self._intake.take(page, part.jql)
            part.token = page.nextPageToken
            if not part.token:
                todo.ranges.remove(part)
                self._intake.close(part.jql)
            yield from self._yielded(batch)
            if self._intake.issues - told >= _TELL_EVERY:
                told = self._intake.issues
                yield Progress(f"Jira {self._settings.site}: issues", told, total)

    def _yielded(self, batch: Batch) -> Iterator[Item]:
        if batch:
            yield batch
        yield from self._intake.rejected
        self._intake.rejected.clear()

    def _reconcile(self) -> Iterator[Item]:
        held, within = self._state.held, self._within()
        self._delivered = held.settle()
        if self._census is None and within is not None:
            self._census = self._loop.run(census.read(self._session, within, self._projects))
        found = census.compare(held, self._census or census.nothing(), self._delivered, self._projects)
        for project, (why, hidden) in found.hidden.items():
            self._missing.add(project, why, hidden.tolist())
        asked = {True: found.absent, False: found.lacking}
        met, troubled = set[int](), set[int]()
        for known, ids in asked.items():
            for page in self._by_id(ids):
                met |= {int(head.id) for head in page.heads if head.id.isdigit()}
                troubled |= {int(error.id) for error in page.errors if error.id.isdigit()}
                yield from self._yielded(self._intake.take(page, "by id", known=known))
        self._delivered = distinct(self._delivered, held.settle(), _ids(met))
        yield from self._judge(found, met, troubled)

    def _by_id(self, ids: list[int]) -> Iterator[wire.IssuePage]:
        chains = (issues.by_id(self._session, group) for group in wire.chunks(sorted(ids), issues.BULK_SIZE))
        yield from self._loop.merge(chains, self._settings.in_flight, self._settings.in_flight)

    def _judge(self, found: census.Differences, met: set[int], troubled: set[int]) -> Iterator[Item]:
        """Bury what is gone by both tests, let go of what moved out of scope, and name what stays unexplained."""
        held = self._state.held
        gone = [issue for issue in found.absent if issue not in met and issue not in troubled]
        if gone:
            yield self._tombstones(gone)
        chosen = {project.id for project in self._projects}
        away = held.by_project(_ids(met)) if self._settings.projects else {}
        moved = [issue for project, ids in away.items() if project not in chosen for issue in ids.tolist()]
        self._forget([*gone, *moved])
        unresolved = _ids({issue for issue in found.absent if issue in troubled})
        for project, ids in held.by_project(unresolved).items():
            self._missing.add(project, "unresolved", ids.tolist())
        self._explain_lost(_ids({issue for issue in found.lacking if issue not in met}))

    def _explain_lost(self, lost: Ids) -> None:
        """In the census, but not to be had by id: deleted since the census, or truly unexplained."""
        within = self._within()
        if not len(lost) or self._census is None or within is None:
            return
        again = self._loop.run(census.read(self._session, within, self._projects))
        self._census = self._census.without(np.setdiff1d(lost, again.ids))
        for project, ids in self._census.by_project(lost).items():
            self._missing.add(project, "unresolved", ids.tolist())

    def _tombstones(self, gone: list[int]) -> Batch:
        batch = Batch(streams.ISSUE.name)
        for project, ids in self._state.held.by_project(_ids(set(gone))).items():
            for issue in ids.tolist():
                proof: dict[str, Any] = {
                    "id": str(issue),
                    "_absence": "not_found",
                    "_class": "deleted",
                    "_project_id": project,
                    "_evidence": census.evidence("deleted"),
                }
                batch.add(str(issue), msgspec.json.encode(proof), self._server_time, deleted=True)
        return batch

    def _forget(self, ids: list[int]) -> None:
        self._state.held.drop(ids)
        self._delivered = self._delivered[~np.isin(self._delivered, _ids(set(ids)))]
        for issue in ids:
            self._state.recent.pop(issue, None)
            self._state.overflow.pop(issue, None)

    def _read_changelogs(self) -> Iterator[Item]:
        state = self._state
        pending = sorted(state.overflow)
        told = state.held.totals(pending)
        tally = changelogs.Tally(state, told)
        groups = changelogs.groups(pending, self._settings.in_flight)
        chains = (changelogs.fetch(self._session, group, told) for group in groups)
        for part in self._loop.merge(chains, self._settings.in_flight, self._settings.in_flight):
            batch = tally.take(part)
            if batch:
                yield batch
        for project, ids in state.held.by_project(_ids(set(state.held.short))).items():
            self._missing.add(project, "changelog_short", ids.tolist())

    def _read_worklogs(self, *, full: bool) -> Iterator[Item]:
        state = self._state
        reader = worklogs.Reader(self._session, {} if full else state.worklogs, self._window)
        since, buried_since = worklogs.starts(state.worklogs_until, full=full)
        feeds = [reader.updated(since, self._is_wanted)]
        feeds += [] if buried_since is None else [reader.deleted(buried_since)]
        try:
            for feed in feeds:
                yield from (batch for batch in self._loop.merge([feed], 1, self._settings.in_flight) if batch)
        except (ForbiddenError, NotFoundError) as refused:
            name = streams.WORKLOG.name
            self._certificates.append(Completeness("*", "*", name, None, 0, "unavailable", detail=refused.message))
            return
        state.worklogs, state.worklogs_until = reader.met, self._server_time - self._lookback

    def _is_wanted(self, ids: list[int]) -> list[bool]:
        if not self._settings.projects:
            return [True] * len(ids)
        wanted: list[bool] = self._state.held.has(np.array(ids, dtype=np.int64)).tolist()
        return wanted

    def _requests(self) -> int:
        return self._session.requests + self._client.requests

    def _deferred(self, stop: DeferredError) -> Outcome:
        self._state.held.settle()
        told = checkpoint.dump(self._state)
        return Outcome(told, "deferred", (), self._server_time, self._requests(), str(stop))

    def _finished(self) -> Outcome:
        state = self._state
        state.unfinished, state.server_time = None, self._server_time
        state.recent = {issue: stamp for issue, stamp in state.recent.items() if not 0 <= stamp < self._window}
        lag = (self._clock() - self._started).total_seconds()
        there = self._census or census.nothing()
        own = certificates.certify(state.held, there, self._delivered, self._projects, self._missing, lag)
        proofs = (*own, *self._certificates)
        partial = [proof for proof in proofs if proof.status == "partial"]
        told = "; ".join(f"{proof.stream} {proof.scope_key}: {proof.detail}" for proof in partial[:5])
        return Outcome(
            checkpoint.dump(state),
            "partial" if partial else "complete",
            proofs,
            self._server_time,
            self._requests(),
            told,
        )


def _ids(numbers: set[int]) -> Ids:
    return np.array(sorted(numbers), dtype=np.int64)
