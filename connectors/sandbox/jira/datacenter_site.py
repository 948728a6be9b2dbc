"""Any site shown as a Data Center: the same issues in other words, and an index that a re-index rewrites."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from connectors.sandbox.jira import clock
from connectors.sandbox.jira import datacenter_shape as shape
from connectors.sandbox.jira.catalog import Catalog
from connectors.sandbox.jira.index import Facet, Index
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.selection import View
from connectors.sandbox.jira.site import Site


class DataCenterSite:
    """Answers the protocol `Site`; whatever else is asked goes to the site behind it."""

    def __init__(self, inner: Site) -> None:
        self._inner = inner
        self.zone: ZoneInfo = inner.zone
        self._catalog: tuple[Catalog, Catalog] | None = None  # as it was read, as it is shown
        self._index: tuple[Index, Index] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def now(self) -> datetime:
        return self._inner.now

    @property
    def catalog(self) -> Catalog:
        if self._catalog is None or self._catalog[0] is not self._inner.catalog:
            self._catalog = self._inner.catalog, _shown(self._inner.catalog)
        return self._catalog[1]

    @property
    def index(self) -> Index:
        if self._index is None or self._index[0] is not self._inner.index:
            return self._inner.index
        return self._index[1]

    def reindex(self, at: datetime | None = None, *, without: Collection[int] = ()) -> None:
        """Every indexed update becomes the time of the re-index; issues `without` are not reached yet.

        It lasts until the site changes, as a real index is made good by the next update of an issue.
        """
        old = self._inner.index
        rows = np.flatnonzero(~np.isin(old.ids, np.array(sorted(without), dtype=np.int64)))
        moment = clock.millis(at or self.now)
        rewritten = Index(
            ids=old.ids[rows],
            numbers=old.numbers[rows],
            created=old.created[rows],
            updated=np.full(len(rows), moment, dtype=np.int64),
            facets={name: Facet(facet.codes[rows], facet.names) for name, facet in old.facets.items()},
            version=old.version,
        )
        self._index = old, rewritten

    def resolve(self, ident: str) -> int | None:
        return self._inner.resolve(ident)

    def key(self, issue_id: int) -> str:
        return self._inner.key(issue_id)

    def render(self, ids: Sequence[int], view: View) -> list[bytes]:
        """What depends on the whole issue (its type, its sprints) is worded before fields are chosen."""
        whole = View(("*all",), view.changelog, view.cap)
        docs = (shape.issue(orjson.loads(raw)) for raw in self._inner.render(ids, whole))
        return [orjson.dumps(_chosen(doc, view)) for doc in docs]

    def histories(self, issue_id: int) -> list[bytes]:
        return [orjson.dumps(shape.history(orjson.loads(raw))) for raw in self._inner.histories(issue_id)]

    def advance(self, days: int) -> None:
        self._inner.advance(days)

    def touch(self, count: int) -> list[int]:
        return self._inner.touch(count)

    def progress(self) -> Doc:
        return self._inner.progress()

    def restore(self, progress: Doc) -> None:
        self._inner.restore(progress)


def _chosen(doc: Doc, view: View) -> Doc:
    fields = view.shown(doc.pop("fields"))
    return doc if fields is None else {**doc, "fields": fields}


def _shown(catalog: Catalog) -> Catalog:
    return replace(
        catalog,
        fields=shape.fields(catalog.fields),
        statuses=shape.converted(catalog.statuses),
        issue_types=shape.converted(catalog.issue_types),
        priorities=shape.converted(catalog.priorities),
        resolutions=shape.converted(catalog.resolutions),
        link_types=shape.converted(catalog.link_types),
        users=shape.converted(catalog.users),
        projects=[shape.project(doc) for doc in catalog.projects if not doc.get("deleted")],
        versions=shape.converted(catalog.versions),
        boards=[shape.board(doc) for doc in catalog.boards],
        worklogs=shape.converted(catalog.worklogs),
    )
