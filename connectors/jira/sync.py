"""One sync of one Jira site, step by step: sign in, dimensions, issues, census, changelogs, worklogs, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from connectors.errors import DeferredError, ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session
from connectors.jira import (
    census,
    certificates,
    changelogs,
    checkpoint,
    comments,
    dimensions,
    issues,
    ranges,
    registrations,
    signin,
    streams,
    wire,
    worklogs,
)
from connectors.jira.absence import Witness
from connectors.jira.client import Client
from connectors.jira.config import Settings
from connectors.jira.held import Ids
from connectors.jira.hints import Told
from connectors.jira.loop import Loop
from connectors.jira.reconcile import Reconciliation
from connectors.source import Clock, Completeness, Hint, Item, Outcome, Progress, offset_of

_LEAST_TOLD: Final = 2_000  # issues between two lines of progress
_LINES: Final = 20  # where it is known how many issues there are
_UNKNOWN: Final = 10_000  # issues between two lines where it is not
_STEADY: Final = 5.0  # seconds by which two clocks may drift apart between two syncs


class Sync:
    """The steps share this state; `items` runs them. Nothing is remembered but through the outcome's checkpoint."""

    def __init__(
        self, settings: Settings, state: checkpoint.State, clock: Clock, loop: Loop, session: Session, client: Client
    ) -> None:
        self._settings, self._state, self._clock = settings, state, clock
        self._loop, self._session, self._client = loop, session, client
        self._flavour = signin.flavour_of(settings)
        self._started = clock()
        self._clock_offset = 0.0
        self._server_time = self._started
        self._put_off = timedelta()
        self._projects: list[dimensions.Project] = []
        self._census: census.Census | None = None
        self._told_of = 0  # so many issues were told of
        self._delivered = np.empty(0, np.int64)
        self._missing = certificates.Missing()
        self._certificates: list[Completeness] = []
        self._told = Told()
        self._notes: list[str] = []

    def items(self, *, full: bool, hints: Sequence[Hint] = ()) -> Iterator[Item]:
        """Everything that is new, and the outcome last; a quota that runs out ends the sync early but in order."""
        self._told = Told(hints)
        try:
            self._sign_in()
            yield Progress(
                f"signed in, the site's clock says {self._server_time:%Y-%m-%d %H:%M} UTC",
                server_time=self._server_time,
            )
            yield from self._read_dimensions(full=full)
            yield from self._read_issues()
            yield from self._reconcile()
            yield from self._read_changelogs()
            yield from self._read_comments()
            present = self._server_time + self._put_off
            self._notes = self._loop.run(registrations.troubles(self._session, self._settings, present))
            yield from self._read_worklogs()  # last: once the feeds are through, nothing may put this sync off
        except DeferredError as stop:
            yield self._deferred(stop)
        else:
            yield self._finished()

    def _sign_in(self) -> None:
        info = signin.enter(self._settings, self._client, self._look)
        self._server_time = wire.moment(info.get("serverTime")) or self._started
        ahead = self._server_time - self._clock() + offset_of(self._clock)  # of the machine's clock, which stays put
        self._clock_offset = ahead.total_seconds()

    def _look(self) -> signin.Seen:
        return self._loop.run(signin.look(self._settings, self._clock))

    @property
    def _lookback(self) -> timedelta:
        return timedelta(minutes=self._settings.lookback_minutes)

    @property
    def _set_back(self) -> timedelta:
        """How much further to look back because the source's clock was set back, against ours, since the last sync."""
        before = self._state.clock_offset
        back = 0.0 if before is None else before - self._clock_offset
        return timedelta(seconds=back if back > _STEADY else 0.0)

    @property
    def _window(self) -> int:
        """Where the next sync will begin to look back, in millis: at a full minute, as its search does."""
        return wire.millis(self._server_time - self._lookback) // 60_000 * 60_000

    def _within(self) -> str | None:
        """The JQL that bounds every search; None where nothing of what the settings name is visible."""
        if not self._settings.projects:
            return issues.scope(())
        live = [project.id for project in self._projects if project.is_live]  # a key may change before we ask
        return issues.scope(live) if live else None

    def _read_dimensions(self, *, full: bool) -> Iterator[Item]:
        wanted = self._settings.projects
        listed, self._projects = self._loop.run(dimensions.read_projects(self._flavour, self._session, wanted))
        self._begin(full=full)
        reading = dimensions.read_others(self._flavour, self._session, self._projects, filtered=bool(wanted))
        others = self._loop.run(reading)
        nothing_hidden = set(self._state.dimensions.get(streams.PROJECT.name, {})) <= set(listed.records)
        for snapshot in (listed, *others):
            name = snapshot.stream.name
            change = None
            if not snapshot.unavailable:
                may_bury = nothing_hidden and snapshot is not listed  # a project out of sight is not a deleted one
                before = self._state.dimensions.get(name, {})
                seen = self._browsable(dimensions.homes_of_gone(snapshot, before))
                change = dimensions.compare(snapshot, before, may_bury=may_bury, open_=seen)
                self._state.dimensions[name] = change.hashes
                if change.batch:
                    yield change.batch
            told = certificates.of_dimension(snapshot, change.kept if change and snapshot is not listed else 0)
            self._certificates += [told] if told else []
        self._certificates += certificates.of_unseen(wanted, self._projects)

    def _browsable(self, projects: set[str]) -> set[str]:
        live = {project.id for project in self._projects if project.is_live}
        witness = Witness(self._session, self._flavour.api, sees_all=self._settings.sees_all_issues)
        return {name for name in projects & live if self._loop.run(witness.may_browse(name))}

    def _begins(self, *, full: bool) -> bool:
        """Whether this sync reads anew, and does not take up what a quota stopped."""
        todo = self._state.unfinished
        return todo is None or (full and not todo.full) or self._state.scope != self._settings.projects

    def _is_whole(self, *, full: bool) -> bool:
        return full or self._state.server_time is None or self._state.scope != self._settings.projects

    def _begin(self, *, full: bool) -> None:
        """Have issues listed and read beside all else that is asked for, as far as there is room for pages here."""
        todo = self._state.unfinished
        is_anew = todo is None or self._begins(full=full)
        self._todo = self._plan(full=self._is_whole(full=full)) if todo is None or is_anew else todo
        self._is_listed = is_anew and self._todo.is_open
        self._ranges = ranges.Ranges(self._flavour, self._session, self._settings, self._todo)
        at_once = self._settings.in_flight
        self._pages = self._loop.merge(self._ranges.chains(), at_once, at_once, beside=self._ranges.cut)

    def _plan(self, *, full: bool) -> checkpoint.Unfinished:
        within, since = self._within(), self._state.server_time
        todo = checkpoint.Unfinished(full, self._server_time)
        if within is not None and (full or since is None):
            todo.ranges, todo.is_open = [checkpoint.Range(issues.ordered(within))], True
        elif within is not None and since is not None:
            began = wire.millis(since - self._lookback - self._set_back)
            todo.ranges = [issues.since(within, began, self._told.reconcile)]
        return todo

    async def _read_census(self, within: str, reconcile: Sequence[int] = ()) -> census.Census:
        return await census.read(self._flavour, self._session, within, self._projects, reconcile)

    def _read_issues(self) -> Iterator[Item]:
        state, todo = self._state, self._todo
        # a sync taken up again vouches from when it was begun, however long it was put off
        self._put_off, self._server_time = self._server_time - todo.server_time, todo.server_time
        since = None if todo.full else state.server_time
        floor = 0 if since is None else wire.millis(since - self._lookback) // 60_000 * 60_000
        self._intake = issues.Intake(state, self._window, todo.full, floor)
        state.unfinished, state.scope = todo, self._settings.projects
        for part, page in self._pages:
            batch = self._intake.take(page, part.jql)
            self._told.note(page)
            part.token = page.nextPageToken
            if not part.token:
                todo.ranges.remove(part)
                self._intake.close(part.jql)
            if batch:
                yield batch
            yield from self._intake.rejected
            self._intake.rejected.clear()
            yield from self._progress()
        if self._is_listed:
            self._census = self._ranges.roll.census(self._projects)

    def _progress(self) -> Iterator[Progress]:
        total = None if self._todo.is_open or not self._is_listed else len(self._ranges.roll.ids)
        step = _UNKNOWN if total is None else max(_LEAST_TOLD, total // _LINES)
        if self._intake.issues - self._told_of >= step:
            self._told_of = self._intake.issues
            yield Progress(f"Jira {self._settings.site}: issues", self._told_of, total)

    def _reconcile(self) -> Iterator[Item]:
        within = self._within()
        if self._census is None and within is not None:
            self._census = self._loop.run(self._read_census(within, self._told.reconcile))
        work = Reconciliation(
            self._loop, self._session, self._flavour, self._settings, self._state, self._projects, self._told
        )
        yield from work.items(self._intake, self._census or census.nothing(), self._server_time)
        if len(work.lost) and within is not None:
            work.explain_lost(self._loop.run(self._read_census(within)))
        self._census, self._delivered, self._missing = work.census, work.delivered, work.missing

    def _read_changelogs(self) -> Iterator[Item]:
        state = self._state
        pending = sorted(state.overflow)
        told = changelogs.expected(state, pending)
        tally = changelogs.Tally(state, told)
        groups = changelogs.groups(pending, self._settings.in_flight)
        chains = (self._flavour.changelogs(self._session, group, told) for group in groups)
        for part in self._loop.merge(chains, self._settings.in_flight, self._settings.in_flight):
            batch = tally.take(part)
            if batch:
                yield batch
        for project, ids in state.held.by_project(_ids(set(state.held.short))).items():
            self._missing.add(project, "changelog_short", ids.tolist())

    def _read_comments(self) -> Iterator[Item]:
        reader = comments.Reader(self._session, self._flavour.api, self._state)
        yield from (batch for batch in reader.batches(self._loop, self._settings.in_flight) if batch)
        self._certificates += reader.certificates(self._projects)
        for project, ids in self._state.held.by_project(_ids(reader.short)).items():
            self._missing.add(project, "comments_short", ids.tolist())

    def _read_worklogs(self) -> Iterator[Item]:
        """From where the issues were read from: what was logged on any that is younger must be in the feed."""
        state, full = self._state, self._intake.full
        reader = worklogs.Reader(self._session, self._flavour.api, {} if full else state.worklogs, self._window)
        until = state.worklogs_until and state.worklogs_until - self._set_back
        since, buried_since = worklogs.starts(until, full=full)
        feeds = [reader.updated(since, self._is_wanted)]
        feeds += [] if buried_since is None else [reader.deleted(buried_since)]
        try:
            for feed in feeds:
                yield from (batch for batch in self._loop.merge([feed], 1, self._settings.in_flight) if batch)
        except (ForbiddenError, NotFoundError, RefusedError) as refused:
            self._certificates.append(certificates.of_worklogs(refused, is_offered=reader.was_answered))
            return
        state.worklogs, state.worklogs_until = reader.met, wire.from_millis(self._window)

    def _is_wanted(self, ids: list[int]) -> list[bool]:
        if not self._settings.projects:
            return [True] * len(ids)
        wanted: list[bool] = self._state.held.has(np.array(ids, dtype=np.int64)).tolist()
        return wanted

    def _requests(self) -> int:
        signer = self._session.signer
        return self._session.requests + self._client.requests + (signer.requests if signer else 0)

    def _deferred(self, stop: DeferredError) -> Outcome:
        state = self._state
        state.held.settle()
        present, whole = self._server_time + self._put_off, state.server_time
        lag = None if whole is None else (present - whole).total_seconds()
        proofs = certificates.of_deferral(state.held, state.keys, self._projects, lag, str(stop))
        told = checkpoint.dump(state)
        return Outcome(told, "deferred", proofs, self._server_time, self._requests(), str(stop), stop.resume_at)

    def _finished(self) -> Outcome:
        state = self._state
        state.unfinished, state.server_time, state.clock_offset = None, self._server_time, self._clock_offset
        echoes = self._intake.echoes
        state.recent = {
            issue: stamp for issue, stamp in state.recent.items() if issue in echoes or not 0 <= stamp < self._window
        }
        lag = (self._clock() - self._started + self._put_off).total_seconds()
        there = self._census or census.nothing()
        own = certificates.certify(state.held, state.keys, there, self._delivered, self._projects, self._missing, lag)
        proofs = (*own, *self._certificates)
        partial = [proof for proof in proofs if proof.status == "partial"]
        told = "; ".join([f"{proof.stream} {proof.scope_key}: {proof.detail}" for proof in partial[:5]] + self._notes)
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
