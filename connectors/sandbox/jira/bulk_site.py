"""Any number of issues from a small base: pages are joined from prepared bytes, queries are masks over arrays.

Issue n is template n % 400. All copies of a template differ in id, key and time of the last update. A touched
issue gets a new update time, one more story point and the history entry that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from connectors.errors import ConfigurationError
from connectors.sandbox.jira import clock
from connectors.sandbox.jira.bulk_world import (
    EPOCH,
    FIRST,
    FIRST_PROJECT,
    PROJECTS,
    SENTINEL,
    TEMPLATES,
    UPDATED,
    BulkWorld,
    project_key,
)
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.index import Facet, Index, Numbers
from connectors.sandbox.jira.issue_fields import STORY_POINTS
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.selection import View
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.world_site import FixedWorld, WorldSite

_SPAN = timedelta(days=730)  # the updates of untouched issues spread evenly over two years


class Template:
    """One issue as bytes around the places of its id and of its update time."""

    __slots__ = ("after", "before", "timed")

    def __init__(self, text: bytes, first_id: int, stamp: bytes) -> None:
        marked = text.replace(str(first_id).encode(), str(SENTINEL).encode())
        before, _, after = marked.partition(stamp)
        self.timed = stamp in marked
        self.before = before.split(str(SENTINEL).encode())
        self.after = after.split(str(SENTINEL).encode())

    def copy(self, number: bytes, updated: bytes) -> bytes:
        if not self.timed:
            return number.join(self.before)
        return b"".join((number.join(self.before), updated, number.join(self.after)))


class BulkSite:
    def __init__(self, issues: int, seed: int, zone: ZoneInfo) -> None:
        self.zone = zone
        self.base = WorldSite(FixedWorld(BulkWorld(seed).world), zone)
        self.catalog = self.base.catalog
        for doc in self.catalog.projects:
            doc["insight"] = {"totalIssueCount": self._held(issues, int(doc["id"]))}
        self._now = EPOCH + _SPAN + timedelta(days=1)
        self.index = _index(issues, self.base.index)
        self.touches: list[tuple[int, int]] = []  # count and moment of each touch, in order
        self.touched: dict[int, list[int]] = {}  # issue id → moments of its touches
        self._templates = lru_cache(maxsize=6)(self._prepared)
        self._hours: dict[int, str] = {}
        self._histories: dict[int, list[bytes]] = {}  # of each template

    @staticmethod
    def _held(issues: int, project_id: int) -> int:
        """How many issues the project has: they are dealt out in turn."""
        return len(range(project_id - FIRST_PROJECT, issues, PROJECTS))

    @property
    def now(self) -> datetime:
        return self._now

    def resolve(self, ident: str) -> int | None:
        prefix, _, text = ident.rpartition("-")
        if not text.isdigit() or not FIRST <= int(text) < FIRST + len(self.index):
            return None
        return int(text) if prefix.upper() in ("", self.key(int(text)).partition("-")[0]) else None

    def key(self, issue_id: int) -> str:
        return f"{project_key((issue_id - FIRST) % TEMPLATES % PROJECTS)}-{issue_id}"

    def searched(self, reconciled: Sequence[int] = ()) -> Site:
        return self

    def render(self, ids: Sequence[int], view: View) -> list[bytes]:
        templates = self._templates(view)
        times = self.index.updated
        shown = []
        for number in ids:
            row = number - FIRST
            text = templates[row % TEMPLATES].copy(b"%d" % number, self._stamp(int(times[row])))
            shown.append(self._touched_issue(number, text, view) if number in self.touched else text)
        return shown

    def _prepared(self, view: View) -> list[Template]:
        stamp = clock.stamp(UPDATED, self.zone).encode()
        ids = range(FIRST, FIRST + TEMPLATES)
        return [Template(text, key, stamp) for key, text in zip(ids, self.base.render(ids, view), strict=True)]

    def _stamp(self, moment: int) -> bytes:
        """As `clock.stamp`, with the hour's text kept: this runs once an issue."""
        hour, rest = divmod(moment, 3_600_000)
        pattern = self._hours.get(hour)
        if pattern is None:
            if len(self._hours) > 20_000:
                self._hours.clear()
            text = clock.stamp(clock.from_millis(hour * 3_600_000), self.zone)
            pattern = self._hours[hour] = f"{text[:14]}%02d:%02d.%03d{text[23:]}"
        seconds, milli = divmod(rest, 1000)
        return (pattern % (seconds // 60, seconds % 60, milli)).encode()

    def _touched_issue(self, issue_id: int, text: bytes, view: View) -> bytes:
        doc: Doc = orjson.loads(text)
        moments = self.touched[issue_id]
        fields = doc.get("fields", {})
        if STORY_POINTS in fields:
            fields[STORY_POINTS] = (fields[STORY_POINTS] or 0.0) + len(moments)
        if "changelog" in doc:
            log = doc["changelog"]
            newest = [orjson.loads(one) for one in self._touch_histories(issue_id)][::-1]
            log["histories"] = (newest + log["histories"])[: view.cap]
            log["total"] += len(moments)
            log["maxResults"] = min(log["total"], view.cap)
        return orjson.dumps(doc)

    def _touch_histories(self, issue_id: int) -> list[bytes]:
        base = self.base.world.issues[FIRST + (issue_id - FIRST) % TEMPLATES]
        author = self.base.fields.refs.user(base.assignee)
        found = []
        for place, moment in enumerate(self.touched.get(issue_id, [])):
            points = (base.story_points or 0.0) + place
            item: dict[str, Any] = {"field": "Story point estimate", "fieldtype": "custom", "fieldId": STORY_POINTS}
            item |= {"from": None, "fromString": f"{points:g}", "to": None, "toString": f"{points + 1:g}"}
            created = clock.stamp(clock.from_millis(moment), self.zone)
            history = {"id": f"{issue_id}{500 + place}", "author": author, "created": created, "items": [item]}
            found.append(orjson.dumps(history))
        return found

    def histories(self, issue_id: int) -> list[bytes]:
        base = FIRST + (issue_id - FIRST) % TEMPLATES
        sentinel, number = str(SENTINEL).encode(), b"%d" % issue_id
        if base not in self._histories:
            self._histories[base] = self.base.histories(base)
        held = [one.replace(sentinel, number) for one in self._histories[base]]
        return held + self._touch_histories(issue_id)

    def advance(self, days: int) -> None:
        """Time passes; nothing is edited."""
        self._now += timedelta(days=days)
        self.index.changed()

    def touch(self, count: int) -> list[int]:
        """Update `count` issues, spread over the whole; the clock moves on by an hour, past any lookback."""
        if not 1 <= count <= len(self.index):
            raise JiraError(400, f"Between 1 and {len(self.index)} issues can be touched.")
        self._now += timedelta(hours=1)
        return self._touch(count, clock.millis(self._now) - 120_000)

    def _touch(self, count: int, moment: int) -> list[int]:
        """All within one minute from `moment` on."""
        stride, first = len(self.index) // count, len(self.touches)
        rows = sorted((first + place * stride) % len(self.index) for place in range(count))
        for place, row in enumerate(rows):
            at = moment + place % 60_000
            self.touched.setdefault(row + FIRST, []).append(at)
            self.index.updated[row] = at
        self.touches.append((count, moment))
        self.index.changed()
        return [row + FIRST for row in rows]

    def do(self, name: str, /, **_args: Any) -> Doc:
        raise JiraError(409, f"A bulk site knows no {name}: it can be touched, and time can pass.")

    def progress(self) -> Doc:
        """Enough to replay: the base comes from the seed."""
        return {"touches": self.touches, "now": clock.millis(self._now)}

    def restore(self, progress: Doc) -> None:
        for count, moment in progress["touches"]:
            self._touch(count, moment)
        self._now = clock.from_millis(int(progress["now"]))


def _index(issues: int, base: Index) -> Index:
    if issues < 1:
        raise ConfigurationError("A bulk site needs at least one issue.", "Give --issues a number above zero.")
    rows: Numbers = np.arange(issues, dtype=np.int64)
    templates = rows % TEMPLATES
    step = _SPAN.total_seconds() * 1000 / issues
    return Index(
        ids=rows + FIRST,
        numbers=rows + FIRST,
        created=base.created[templates],
        updated=(rows * step).astype(np.int64) + clock.millis(EPOCH),
        facets={
            name: Facet(facet.codes.astype(np.int16)[templates], facet.names) for name, facet in base.facets.items()
        },
    )
