"""Why issues that are held are no longer to be had: deleted only where every other reason is ruled out.

Absence from the census and from a fetch by id looks the same whether an issue was deleted or is withheld from us. So
the permission to browse is asked for, and whether the project hides single issues by security levels; what stays in
doubt is called not visible, kept alive, and asked for again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Raw, Struct

from connectors.errors import AuthenticationError, ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session, get
from connectors.jira import wire
from connectors.jira.census import Class
from connectors.jira.dimensions import Project
from connectors.jira.flavour import Flavour

BROWSE: Final = "BROWSE_PROJECTS"
_FEW: Final = 5  # so many may vanish from any project and be believed
_SHARE: Final = 0.2  # and this share of a larger one
_SINGLY: Final = 50  # so many are asked for one by one, which is the last word on an issue
_GROUP: Final = 50
_UNANSWERED: Final = (AuthenticationError, NotFoundError, RefusedError)
_ABSENT: Final = "absent from the id census and twice from a fetch by id"
_OPERATOR: Final = (
    "if this account sees every issue of the projects it may browse, say so with sees_all_issues in the site's settings"
)


class _Permission(Struct):
    havePermission: bool = False  # noqa: N815 - Jira's word


class _Permissions(Struct):
    permissions: dict[str, _Permission]


class _Levels(Struct):
    levels: list[Raw]


_permissions: Final = wire.decoder(_Permissions)
_project: Final = wire.decoder(Project)
_levels: Final = wire.decoder(_Levels)


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of absent issues of one project, and on what grounds."""

    why: Class
    proof: str
    is_of_project: bool = False  # whatever the project holds may be out of sight


class Witness:
    """Asks the site what tells deletion from invisibility; `sees_all` is the operator's word that nothing is hidden."""

    def __init__(self, session: Session, api: str, *, sees_all: bool) -> None:
        self._session, self._api, self._sees_all = session, api, sees_all

    async def may_browse(self, project: str) -> bool | None:
        """Whether the account may browse the project now; None where the site does not say."""
        call = get(f"{self._api}/mypermissions", ("permissions", BROWSE), ("projectId", project))
        try:
            told = await self._session.fetch(call, _permissions)
        except NotFoundError:
            return False  # the project is out of sight altogether
        except _UNANSWERED:
            return None
        return BROWSE in told.permissions and told.permissions[BROWSE].havePermission

    async def doubt(self, project: str) -> Verdict | None:
        """Why issues of the project may be out of sight since it was listed: revoked, archived or in the trash."""
        browsable = await self.may_browse(project)
        if not browsable:
            return no_permission(browsable)
        try:
            told = await self._session.fetch(get(f"{self._api}/project/{project}"), _project)
        except _UNANSWERED:
            told = None
        if told is not None and told.is_live:
            return None
        why = "is no longer to be had" if told is None else "was archived or put into the trash"
        return Verdict(
            "not_visible", f"absent from the id census; its project {why} while we looked", is_of_project=True
        )

    async def _hides_issues(self, project: str) -> bool | None:
        """Whether the project has levels of issue security, as far as the account is told; None where it is not."""
        try:
            told = await self._session.fetch(get(f"{self._api}/project/{project}/securitylevel"), _levels)
        except _UNANSWERED:
            return None
        return bool(told.levels)

    async def of(self, project: str, gone: int, held: int) -> Verdict:
        """`gone` of the `held` issues of a project that is listed as live are absent from census and fetch by id."""
        browsable = await self.may_browse(project)
        if not browsable:
            return no_permission(browsable)
        if self._sees_all:
            return Verdict("deleted", f"{_ABSENT}; {BROWSE} is held, and the settings say that nothing is hidden")
        if gone > max(_FEW, int(held * _SHARE)):
            told = f"{gone} of {held} issues are out of sight at once, although {BROWSE} is held on their project"
            return Verdict("not_visible", f"{told}: a narrowed permission is likelier than deletion; {_OPERATOR}")
        hides = await self._hides_issues(project)
        if hides is not False:
            told = "has levels of issue security" if hides else "does not say whether it has levels of issue security"
            return Verdict("not_visible", f"{_ABSENT}, but the project {told}, which look the same; {_OPERATOR}")
        return Verdict("deleted", f"{_ABSENT}; {BROWSE} is held on the project, which has no issue security")


def no_permission(browsable: bool | None) -> Verdict:
    told = "is not held on its project" if browsable is False else "could not be asked for"
    return Verdict("not_visible", f"absent from the id census, and {BROWSE} {told} (mypermissions)", is_of_project=True)


async def again(session: Session, flavour: Flavour, issues: Sequence[int]) -> AsyncIterator[wire.IssuePage]:
    """A second look by another way than the first: one by one where they are few, else in other groups."""
    if len(issues) > _SINGLY:
        for group in wire.chunks(sorted(issues, reverse=True), _GROUP):
            async for page in flavour.by_id(session, group):
                yield page
        return
    for issue in issues:
        yield await _single(session, flavour.api, issue)


async def _single(session: Session, api: str, issue: int) -> wire.IssuePage:
    """One issue asked for by itself: an empty page where it is not there, an error in it where it is refused."""
    call = get(f"{api}/issue/{issue}", ("fields", "*all"), ("expand", "changelog"))
    try:
        return await session.fetch(call, wire.single_issue)
    except NotFoundError:
        return wire.IssuePage([], [])
    except (ForbiddenError, RefusedError) as refused:
        return wire.IssuePage([], [], errors=[wire.IssueError(str(issue), refused.message)])
