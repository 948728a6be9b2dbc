"""The few parts of Jira's answers that we look at, decoded by type; everything else stays the bytes that came.

A page is cut into raw issues without decoding them (STACK: 1.5 GB/s against 0.3), and read a second time for
the few values a sync must know: id, updated, project, and how much of the changelog came.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


class Ref(Struct, gc=False):
    id: str


class Comments(Struct, gc=False):
    """A list of comments, embedded in an issue or a page of its own."""

    comments: list[Raw] = []
    total: int = -1  # not told


class IssueFields(Struct, gc=False):
    updated: str | None = None
    created: str | None = None
    archiveddate: str | None = None
    project: Ref | None = None
    comment: Comments | None = None


class Changelog(Struct, gc=False):
    histories: list[Raw] = []
    total: int = -1  # not told


class Head(Struct, gc=False):
    """What a sync looks at of one issue."""

    id: str
    fields: IssueFields
    changelog: Changelog | None = None


class _Heads(Struct, gc=False):
    issues: list[Head]


class IssueError(Struct, gc=False):
    """An issue that a bulk fetch could not give this time: neither there nor gone."""

    id: str = ""
    errorMessage: str = ""  # noqa: N815 - Jira's word


class _Raws(Struct, gc=False):
    issues: list[Raw]
    nextPageToken: str | None = None  # noqa: N815 - Jira's word
    issueErrors: list[IssueError] = []  # noqa: N815 - Jira's word
    total: int = -1  # told by Data Center only


@dataclass(frozen=True, slots=True)
class IssuePage:
    heads: list[Head]
    raws: list[Raw]
    nextPageToken: str | None = None  # noqa: N815 - Jira's word
    errors: list[IssueError] = field(default_factory=list)
    total: int = -1
    mended: dict[int, bytes] = field(default_factory=dict)  # place → as it came, where that is no Unicode

    def __len__(self) -> int:
        return len(self.heads)


class IdKey(Struct, gc=False):
    id: int
    key: str = ""


class CensusPage(Struct, gc=False):
    issues: list[IdKey]
    nextPageToken: str | None = None  # noqa: N815 - Jira's word

    def __len__(self) -> int:
        return len(self.issues)


class Created(Struct, gc=False):
    created: str | None = None


class Birth(Struct, gc=False):
    id: str
    fields: Created


class Births(Struct, gc=False):
    issues: list[Birth]


class ChangelogPage(Struct, gc=False):
    issueChangeLogs: list[Raw]  # noqa: N815 - Jira's word
    nextPageToken: str | None = None  # noqa: N815 - Jira's word

    def __len__(self) -> int:
        return len(self.issueChangeLogs)


class IssueChangelog(Struct, gc=False):
    issueId: str  # noqa: N815 - Jira's word
    changeHistories: list[Ref] = []  # noqa: N815 - Jira's word


class HistoryPage(Struct, gc=False):
    values: Raw
    total: int = 0
    startAt: int = 0  # noqa: N815 - Jira's word


class OffsetPage(Struct, gc=False):
    """A page by `startAt`, as projects, boards and sprints come."""

    values: list[Raw]
    total: int | None = None
    isLast: bool | None = None  # noqa: N815 - Jira's word


class ChangedWorklog(Struct, gc=False):
    worklogId: int  # noqa: N815 - Jira's word
    updatedTime: int  # noqa: N815 - Jira's word


class WorklogFeed(Struct, gc=False):
    values: list[ChangedWorklog]
    lastPage: bool = True  # noqa: N815 - Jira's word
    nextPage: str | None = None  # noqa: N815 - Jira's word


class Embedded(Struct, gc=False):
    """The first worklogs of an issue, as the issue itself or its own list shows them."""

    worklogs: list[Raw] = []
    total: int = 0
    startAt: int = 0  # noqa: N815 - Jira's word


class _WorkFields(Struct, gc=False):
    worklog: Embedded | None = None


class Worked(Struct, gc=False):
    id: str
    fields: _WorkFields


class Worklog(Struct, gc=False):
    id: str
    issueId: str  # noqa: N815 - Jira's word
    updated: str | None = None


def decoder(kind: type[T], *, strict: bool = True) -> Callable[[bytes], T]:
    """A typed decoder that forgives lone surrogates: Jira lets them through, JSON readers behind us do not.

    Without `strict`, a number may be written as text, as Jira writes its ids.
    """
    plain = msgspec.json.Decoder(kind, strict=strict)

    def decode(body: bytes) -> T:
        try:
            return plain.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            mended = mend(body)
            if mended == body:
                raise
            return plain.decode(mended)

    return decode


def mend(body: bytes) -> bytes:
    """Every lone surrogate escape replaced by U+FFFD; all else untouched."""
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body)


_cut: Final = msgspec.json.Decoder(_Raws)
_look: Final = msgspec.json.Decoder(_Heads)


def issue_page(body: bytes) -> IssuePage:
    """One page of a search or bulk fetch, cut into raw issues, with their heads beside them."""
    try:
        cut, looked = _cut.decode(body), _look.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        whole = mend(body)
        cut, looked = _cut.decode(whole), _look.decode(whole)
        mended = _altered(body, whole, cut.issues)
        return IssuePage(looked.issues, cut.issues, cut.nextPageToken, cut.issueErrors, cut.total, mended)
    return IssuePage(looked.issues, cut.issues, cut.nextPageToken, cut.issueErrors, cut.total)


def single_issue(body: bytes) -> IssuePage:
    """One issue, asked for by itself, as a page of one."""
    return issue_page(b'{"issues":[%s]}' % body)


def _altered(came: bytes, mended: bytes, raws: Sequence[Raw]) -> dict[int, bytes]:
    """The issues that mending touched, as they came: it replaces escapes by others of the same length."""
    altered, start = {}, 0
    for place, raw in enumerate(raws):
        text = bytes(raw)
        start = mended.index(text, start)
        before = came[start : start + len(text)]
        start += len(text)
        if before != text:
            altered[place] = before
    return altered


offset_page: Final = decoder(OffsetPage)
raw_list: Final = decoder(list[Raw])
id_page: Final = decoder(CensusPage, strict=False)
births: Final = decoder(Births)
changelog_page: Final = decoder(ChangelogPage)
issue_changelog: Final = decoder(IssueChangelog)
history_page: Final = decoder(HistoryPage)
comment_page: Final = decoder(Comments)
id_key: Final = decoder(IdKey, strict=False)
worklog_feed: Final = decoder(WorklogFeed)
worklog: Final = decoder(Worklog)
worklogs: Final = decoder(Embedded)
worked: Final = decoder(Worked)


def moment(text: str | None) -> datetime | None:
    """Jira's time as aware UTC; None where it is missing or no calendar day (year 51502 was seen)."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def millis(at: datetime) -> int:
    """Epoch milliseconds, which JQL reads without any time zone."""
    since = at - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def stamp(text: str | None, at: datetime | None) -> int:
    """A number that tells two versions apart: epoch millis, or something negative where the time is no time."""
    return -1 - zlib.crc32((text or "").encode()) if at is None else millis(at)


def from_millis(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
