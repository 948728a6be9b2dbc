"""The condition of a rule (`phase = 'active' and is_deleted = false`) as a mask over a table.

A small language of our own instead of `DataFrame.query`: a PMO lead writes it as SQL, it can do nothing but
compare, and like SQL a comparison with an empty value is never true.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import pandas as pd

Mask: TypeAlias = "pd.Series[bool]"
Moment: TypeAlias = "pd.Timestamp | pd.Series[pd.Timestamp]"  # one for all rows, or each row's own
Evaluate: TypeAlias = Callable[[pd.DataFrame, Moment], Mask]
Operand: TypeAlias = Callable[[pd.DataFrame, Moment], object]

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<>|<=|>=|[=<>(),+-]))")
COMPARISONS: dict[str, Callable[[Any, Any], object]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
WORDS = {"and", "or", "not", "in", "is", "null", "true", "false", "as_of", "days", "day"}


class BadCondition(ValueError):  # noqa: N818 - a finding about a rule file
    """What is wrong with a `where`, in words."""


@dataclass(frozen=True)
class Condition:
    """A parsed `where`: the columns it reads and the mask it gives."""

    text: str
    columns: frozenset[str]
    evaluate: Evaluate

    def mask(self, frame: pd.DataFrame, as_of: Moment) -> Mask:
        return self.evaluate(frame, as_of)

    def __reduce__(self) -> tuple[Callable[[str], Condition], tuple[str]]:
        """It goes to another process as its text, and is read again there."""
        return parse, (self.text,)


def parse(text: str) -> Condition:
    """Read a condition. Raises BadCondition."""
    reader = _Reader(text)
    evaluate = reader.any_of()
    reader.end()
    return Condition(text, frozenset(reader.columns), evaluate)


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if match is None:
            raise BadCondition(f"'{text[position:].strip()[:20]}' is not understood")
        found.append(match.group().strip())
        position = match.end()
    return found


def _truth(value: object, frame: pd.DataFrame) -> Mask:
    """A comparison's outcome as plain booleans; unknown (empty) is not true."""
    return pd.Series(value, index=frame.index).fillna(value=False).astype(bool)


class _Reader:
    """Recursive descent: any_of > all_of > negation > comparison > value."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0
        self.columns: set[str] = set()

    def peek(self) -> str:
        return self.tokens[self.position].lower() if self.position < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token if it is one of `wanted` (any, if none is given), else an empty text."""
        if self.position >= len(self.tokens) or (wanted and self.peek() not in wanted):
            return ""
        self.position += 1
        return self.tokens[self.position - 1]

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise BadCondition(f"'{wanted}' is expected {self._here()}")

    def end(self) -> None:
        if self.peek():
            raise BadCondition(f"nothing more is expected {self._here()}")

    def _here(self) -> str:
        return f"before '{self.tokens[self.position]}'" if self.peek() else "at the end"

    def any_of(self) -> Evaluate:
        left = self.all_of()
        while self.take("or"):
            left = _combine(operator.or_, left, self.all_of())
        return left

    def all_of(self) -> Evaluate:
        left = self.negation()
        while self.take("and"):
            left = _combine(operator.and_, left, self.negation())
        return left

    def negation(self) -> Evaluate:
        if self.take("not"):
            inner = self.negation()
            return lambda frame, as_of: ~inner(frame, as_of)
        if self.take("("):
            inner = self.any_of()
            self.need(")")
            return inner
        return self.comparison()

    def comparison(self) -> Evaluate:
        left = self.value()
        if self.take("is"):
            return self.emptiness(left)
        is_negated = bool(self.take("not"))
        if self.take("in"):
            return self.membership(left, is_negated)
        sign = self.take(*COMPARISONS)
        if is_negated or not sign:
            raise BadCondition(f"a comparison such as = 'active' is expected {self._here()}")
        compare, right = COMPARISONS[sign], self.value()

        def evaluate(frame: pd.DataFrame, as_of: Moment) -> Mask:
            one, other = left(frame, as_of), right(frame, as_of)
            known = _truth(pd.notna(one), frame) & _truth(pd.notna(other), frame)  # type: ignore[call-overload]
            return _truth(compare(one, other), frame) & known

        return evaluate

    def emptiness(self, left: Operand) -> Evaluate:
        is_negated = bool(self.take("not"))
        self.need("null")
        test = pd.notna if is_negated else pd.isna
        return lambda frame, as_of: _truth(test(left(frame, as_of)), frame)  # type: ignore[call-overload]

    def membership(self, left: Operand, is_negated: bool) -> Evaluate:
        self.need("(")
        options = [self.value()]
        while self.take(","):
            options.append(self.value())
        self.need(")")

        def evaluate(frame: pd.DataFrame, as_of: Moment) -> Mask:
            value = pd.Series(left(frame, as_of), index=frame.index)
            inside = value.isin([option(frame, as_of) for option in options])
            return _truth(~inside & value.notna() if is_negated else inside, frame)

        return evaluate

    def value(self) -> Operand:
        token = self.take()
        word = token.lower()
        if token.startswith("'"):
            text = token[1:-1].replace("''", "'")
            return lambda _, __: text
        if token[:1].isdigit():
            number = float(token)
            return lambda _, __: number
        if word in ("true", "false"):
            return lambda _, __: word == "true"
        if word == "as_of":
            return self.moment()
        if not word or word in WORDS or not re.match(r"[a-z_]", word):
            raise BadCondition(f"a column or a value is expected {f'instead of {token!r}' if token else 'at the end'}")
        self.columns.add(token)
        return lambda frame, _: frame[token]

    def moment(self) -> Operand:
        """`as_of`, or some days before or after it."""
        sign = self.take("+", "-")
        if not sign:
            return lambda _, as_of: as_of
        days = self.take()
        if not days.isdigit() or not self.take("days", "day"):
            raise BadCondition("write a time span as: as_of - 14 days")
        shift = timedelta(days=int(f"{sign}{days}"))
        return lambda _, as_of: as_of + shift


def _combine(join: Callable[[Mask, Mask], Mask], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda frame, as_of: join(left(frame, as_of), right(frame, as_of))
