"""The part of JQL that connectors write, parsed into a small tree; what it means is `search`'s matter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from connectors.sandbox.jira.errors import JiraError

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<op>>=|<=|!=|=|>|<)|(?P<mark>[(),])"""
    r"""|(?P<word>[^\s"'()=<>!,]+))"""
)
_OPERATORS = ("=", "!=", ">", ">=", "<", "<=")


@dataclass(frozen=True)
class Clause:
    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Combined:
    """`joiner` is `and` or `or` over two or more parts, or `not` over one."""

    joiner: str
    parts: tuple[Expression, ...]


Expression: TypeAlias = Clause | Combined


@dataclass(frozen=True)
class Sort:
    field: str
    descending: bool


@dataclass(frozen=True)
class Query:
    where: Expression | None
    order: tuple[Sort, ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def _tokens(jql: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    text = jql.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise JiraError(400, f"Error in the JQL Query: The character '{text[at]}' is a reserved JQL character.")
        kind = match.lastgroup or ""
        value = match.group(kind)
        found.append(_Token(kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "string" else value))
        at = match.end()
    return found


class _Parser:
    def __init__(self, jql: str) -> None:
        self.tokens = _tokens(jql)
        self.at = 0

    def query(self) -> Query:
        where = None if self._is_word("order") or self._done() else self._either()
        order = self._order()
        if not self._done():
            raise self._expected("the end of the query")
        return Query(where, order)

    def _either(self) -> Expression:
        return self._joined("or", self._both)

    def _both(self) -> Expression:
        return self._joined("and", self._one)

    def _joined(self, joiner: str, part: object) -> Expression:
        assert callable(part)  # noqa: S101 - narrows the type
        parts = [part()]
        while self._take(joiner):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Combined(joiner, tuple(parts))

    def _one(self) -> Expression:
        if self._take("not"):
            return Combined("not", (self._one(),))
        if self._take("("):
            inner = self._either()
            self._must(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._next("a field name").text
        if self._take("in"):
            return Clause(field, "in", self._list())
        if self._take("not"):
            self._must("in")
            return Clause(field, "not in", self._list())
        if self._take("is"):
            negated = self._take("not")
            if not (self._take("empty") or self._take("null")):
                raise self._expected("EMPTY")
            return Clause(field, "is not" if negated else "is", ())
        operator = self._next("an operator").text
        if operator not in _OPERATORS:
            raise JiraError(
                400,
                f"Error in the JQL Query: Expecting operator but got '{operator}'. The valid operators are "
                "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.",
            )
        return Clause(field, operator, (self._value(),))

    def _list(self) -> tuple[str, ...]:
        self._must("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._must(")")
        return tuple(values)

    def _value(self) -> str:
        token = self._next("a value")
        if token.kind == "word" and self._take("("):
            self._must(")")
            return f"{token.text.lower()}()"
        if token.kind not in ("word", "string"):
            raise self._expected("a value")
        return token.text

    def _order(self) -> tuple[Sort, ...]:
        if not self._take("order"):
            return ()
        self._must("by")
        sorts = [self._sort()]
        while self._take(","):
            sorts.append(self._sort())
        return tuple(sorts)

    def _sort(self) -> Sort:
        field = self._next("a field name").text
        if self._take("desc"):
            return Sort(field, True)
        self._take("asc")
        return Sort(field, False)

    def _done(self) -> bool:
        return self.at >= len(self.tokens)

    def _is_word(self, text: str) -> bool:
        if self._done():
            return False
        token = self.tokens[self.at]
        return token.kind != "string" and token.text.lower() == text

    def _take(self, text: str) -> bool:
        if self._is_word(text):
            self.at += 1
            return True
        return False

    def _must(self, text: str) -> None:
        if not self._take(text):
            raise self._expected(f"'{text}'")

    def _next(self, what: str) -> _Token:
        if self._done():
            raise self._expected(what)
        self.at += 1
        return self.tokens[self.at - 1]

    def _expected(self, what: str) -> JiraError:
        got = "the end of the query" if self._done() else f"'{self.tokens[self.at].text}'"
        return JiraError(400, f"Error in the JQL Query: Expecting {what} but got {got}.")


def parse(jql: str) -> Query:
    """Raises JiraError 400 on anything that is not JQL."""
    return _Parser(jql).query()
