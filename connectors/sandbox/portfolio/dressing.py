"""What hangs on simulated issues beside the work itself: comments, files, watchers, custom fields.

Nothing here draws from the simulator's dice or moves an issue's time: all of it follows from an issue's id and
history, so the portfolio takes the same course with it, and the same dress whatever steps led to a day.
"""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any, Final

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.world import Attachment, Comment, CustomField, Issue, World

_OWN: Final = 10_036  # the number field that one team-managed project has for itself
_UNSEEN: Final = 10_037  # known to the administrator's list alone
_REMARKS = (
    "Looked at it with the team, no surprises.", "Waiting for an answer from the supplier.",
    "Done on my side, please have a look.", "The estimate was too low: the interface has changed.",
    "Agreed in the planning meeting.", "Moved behind the release, see the board.",
)  # fmt: skip
_AREAS = (("Platform", "Data"), ("Platform", "Access"), ("Front office", "Portal"), ("Back office", "Ledger"))
_TEAMS = "Aurora", "Borealis", "Cygnus"


def custom_fields(project_id: int) -> list[CustomField]:
    """`project_id` is the project that has a field of its own. Two fields share a name, as happens."""
    return [
        CustomField(10_030, "Business value", "number", "float"),
        CustomField(10_031, "Business value", "option", "select"),
        CustomField(10_032, "Target start", "date", "datepicker"),
        CustomField(10_033, "Go-live", "datetime", "datetime"),
        CustomField(10_034, "Acceptance criteria", "string", "textarea"),
        CustomField(10_035, "Area", "option-with-child", "cascadingselect"),
        CustomField(_OWN, "Effort", "number", "float", project_id=project_id, told_by="list"),
        CustomField(_UNSEEN, "Archived risk", "string", "textfield", told_by="search"),
    ]


def dress(world: World) -> None:
    """Bring the dress of every issue up to date with its history."""
    if not world.projects:
        return
    owner = min(world.projects)
    for entry in custom_fields(owner):
        world.custom_fields.setdefault(entry.id, entry)
    for issue in world.issues.values():
        if not issue.watchers:
            _begin(issue, owner)
        _remark(world, issue)


def _begin(issue: Issue, owner: int) -> None:
    mark = zlib.crc32(b"%d" % issue.id)
    issue.watchers = [issue.reporter]
    if issue.type_id == catalog.SUB_TASK or issue.type_id == catalog.EPIC:
        return
    issue.description = (
        f"{issue.summary}, as the users asked for it.\n"
        f"It is done when the {_AREAS[mark % 4][1].lower()} team has seen it."
    )
    issue.extra.update(_values(issue, mark))
    if issue.project_id == owner:
        issue.extra[f"customfield_{_OWN}"] = float(mark % 13)


def _values(issue: Issue, mark: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if mark % 2 == 0:
        found["customfield_10030"] = float(mark % 100)
    if mark % 3 == 0:
        found["customfield_10031"] = {"self": "", "value": ("Low", "Medium", "High")[mark // 3 % 3], "id": "10100"}
    if mark % 5 == 0:
        found["customfield_10032"] = (issue.created + timedelta(days=mark % 60)).date().isoformat()
    if mark % 11 == 0:
        found["customfield_10033"] = f"{issue.created + timedelta(days=90):%Y-%m-%dT%H:00:00.000+0000}"
    if mark % 4 == 0:
        found["customfield_10034"] = _criteria(mark)
    if mark % 6 == 0:
        area, part = _AREAS[mark // 6 % 4]
        found["customfield_10035"] = {"value": area, "id": "10110", "child": {"value": part, "id": "10111"}}
    return found


def _criteria(mark: int) -> dict[str, Any]:
    points = [f"{team} agrees" for team in _TEAMS[: 1 + mark // 4 % 3]]
    items = [
        {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}
        for text in points
    ]
    return {"type": "doc", "version": 1, "content": [{"type": "bulletList", "content": items}]}


def _remark(world: World, issue: Issue) -> None:
    """A remark goes with one of the issue's first changes; now and then a file with the very first."""
    mark = zlib.crc32(b"%d" % issue.id)
    for place, entry in enumerate(issue.histories[: mark // 7 % 4]):
        number = issue.id * 10 + place
        if number not in world.comments and number not in world.removed:
            text = _REMARKS[(mark + place) % len(_REMARKS)]
            world.comments[number] = Comment(number, issue.id, entry.author, text, entry.created, entry.created)
    if issue.histories and mark % 9 == 0:
        number = issue.id * 10 + 9
        if number not in world.attachments and number not in world.removed:
            name, first = f"sketch-{issue.id}.png", issue.histories[0]
            world.attachments[number] = Attachment(
                number, issue.id, first.author, name, 1_000 + mark % 90_000, "image/png", first.created
            )
