"""The meaning of a query: masks over the index, an order, and the error texts Jira gives for what it cannot answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.errors import UNBOUNDED, JiraError
from connectors.sandbox.jira.index import Facet, Index, Mask, Numbers
from connectors.sandbox.jira.jql import Clause, Expression, Query, Sort, parse

_KEYS = ("key", "issuekey", "issue")
_DATES = {"created": "created", "createddate": "created", "updated": "updated", "updateddate": "updated"}
_FACETS = {"project": "project", "issuetype": "issuetype", "type": "issuetype", "status": "status"}
_FACETS |= {"statuscategory": "statuscategory"}
_COMPARE: dict[str, Callable[[Numbers, int], Mask]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
}


@dataclass
class Searcher:
    """`resolve` turns an id or key, as someone wrote it, into the id of a visible issue."""

    index: Index
    now: datetime
    zone: ZoneInfo
    resolve: Callable[[str], int | None]

    def run(self, jql: str) -> tuple[Numbers, Query]:
        """Row numbers in the order asked for. Raises JiraError 400, also for a query without a restriction."""
        query = parse(jql)
        if query.where is None:
            raise JiraError(400, UNBOUNDED)
        rows = self.index.cache.get(jql)
        if rows is None:
            rows = np.flatnonzero(self.mask(query.where))
            rows = self.ordered(rows, query.order)
            if len(self.index.cache) >= 8:
                self.index.cache.pop(next(iter(self.index.cache)))
            self.index.cache[jql] = rows
        return rows, query

    def mask(self, expression: Expression) -> Mask:
        if isinstance(expression, Clause):
            return self._clause(expression)
        found, *others = [self.mask(part) for part in expression.parts]
        if expression.joiner == "not":
            return ~found
        for other in others:
            found = found & other if expression.joiner == "and" else found | other
        return found

    def _clause(self, clause: Clause) -> Mask:
        name = clause.field.lower()
        if name in _DATES:
            return self._date(clause, self._times(_DATES[name]))
        if name in _FACETS:
            return self._facet(clause, self.index.facets[_FACETS[name]])
        if name == "id" or name in _KEYS:
            return self._issue(clause)
        raise JiraError(400, f"Field '{clause.field}' does not exist or you do not have permission to view it.")

    def _times(self, name: str) -> Numbers:
        return self.index.created if name == "created" else self.index.updated

    def _date(self, clause: Clause, column: Numbers) -> Mask:
        if clause.operator in ("is", "is not"):
            return np.full(len(self.index), clause.operator == "is not")
        if clause.operator not in _COMPARE:
            raise _unsupported(clause)
        return _COMPARE[clause.operator](column, clock.literal(clause.values[0], clause.field, self.now, self.zone))

    def _facet(self, clause: Clause, facet: Facet) -> Mask:
        if clause.operator in ("is", "is not"):
            return np.full(len(self.index), clause.operator == "is not")
        if clause.operator not in ("=", "!=", "in", "not in"):
            raise _unsupported(clause)
        wanted: set[int] = set()
        for value in clause.values:
            codes = facet.names.get(value.lower())
            if codes is None:
                raise JiraError(400, f"The value '{value}' does not exist for the field '{clause.field}'.")
            wanted |= codes
        found: Mask = np.isin(facet.codes, np.fromiter(wanted, dtype=np.int64))
        return ~found if clause.operator in ("!=", "not in") else found

    def _issue(self, clause: Clause) -> Mask:
        if clause.operator in (">", ">=", "<", "<="):
            value = clause.values[0]
            bound = int(value) if value.isdigit() else self._known(clause, value)
            return _COMPARE[clause.operator](self.index.ids, bound)
        if clause.operator in ("is", "is not"):
            return np.full(len(self.index), clause.operator == "is not")
        wanted = np.array([self._known(clause, value) for value in clause.values], dtype=np.int64)
        found: Mask = np.isin(self.index.ids, wanted)
        return ~found if clause.operator in ("!=", "not in") else found

    def _known(self, clause: Clause, value: str) -> int:
        issue_id = self.resolve(value)
        if issue_id is not None:
            return issue_id
        if value.isdigit():
            raise JiraError(400, f"A value with ID '{value}' does not exist for the field '{clause.field}'.")
        raise JiraError(400, f"An issue with key '{value}' does not exist for field '{clause.field}'.")

    def ordered(self, rows: Numbers, order: tuple[Sort, ...]) -> Numbers:
        if not order:
            return rows
        columns = self.sort_columns(order, rows)
        return rows[np.lexsort((self.index.ids[rows], *reversed(columns)))]

    def sort_columns(self, order: tuple[Sort, ...], rows: Numbers) -> list[Numbers]:
        """What the rows are ordered by, each column ascending; the id breaks ties."""
        return [-self._column(sort, rows) if sort.descending else self._column(sort, rows) for sort in order]

    def _column(self, sort: Sort, rows: Numbers) -> Numbers:
        name = sort.field.lower()
        if name == "id":
            return self.index.ids[rows]
        if name in _DATES:
            return self._times(_DATES[name])[rows]
        if name in _KEYS:
            return (self.index.facets["project"].codes[rows].astype(np.int64) << 32) + self.index.numbers[rows]
        if name in _FACETS:
            return self.index.facets[_FACETS[name]].codes[rows].astype(np.int64)
        raise JiraError(400, f"Not able to sort using field '{sort.field}'.")


def _unsupported(clause: Clause) -> JiraError:
    return JiraError(400, f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
