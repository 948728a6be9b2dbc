"""What the endpoints need of a site, whether simulated, recorded or made for load."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from connectors.sandbox.jira.catalog import Catalog
from connectors.sandbox.jira.index import Index
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.search import Searcher
from connectors.sandbox.jira.selection import View


class Site(Protocol):
    zone: ZoneInfo

    @property
    def index(self) -> Index: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def now(self) -> datetime:
        """The virtual clock."""
        ...

    def resolve(self, ident: str) -> int | None:
        """The id of a visible issue by id or (any earlier) key; None where there is none."""
        ...

    def key(self, issue_id: int) -> str: ...

    def searched(self, reconciled: Sequence[int] = ()) -> Site:
        """The site as its search index shows it: it may lag behind, but never for the issues to be reconciled."""
        ...

    def render(self, ids: Sequence[int], view: View) -> list[bytes]:
        """The JSON of each issue, in order."""
        ...

    def histories(self, issue_id: int) -> list[bytes]:
        """The JSON of every history, oldest first."""
        ...

    def advance(self, days: int) -> None:
        """Move time; raises JiraError where the clock is fixed."""
        ...

    def touch(self, count: int) -> list[int]:
        """Update that many issues (new time, one more history); raises JiraError where that cannot be."""
        ...

    def do(self, name: str, /, **args: Any) -> Doc:
        """An edit by its name (`mutations.registry`), what it did; raises JiraError where it is refused."""
        ...

    def progress(self) -> Doc:
        """What a restart must know to show the same site again."""
        ...

    def restore(self, progress: Doc) -> None: ...


def searcher(site: Site) -> Searcher:
    return Searcher(site.index, site.now, site.zone, site.resolve)
