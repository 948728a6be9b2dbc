"""Content that breaks readers: what odd Jiras were seen to hold, on demand, so that a test can meet it.

Added to any world; every odd thing has an issue of its own, so that a test can name what it looks for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.sandbox.world import Change, Comment, CustomField, History, Issue, Link, Project, World

FIRST = 9_900_001
NUMBER, MOMENT, LETTERS = (CustomField(10_900 + place, name, kind, custom) for place, (name, kind, custom) in enumerate(
    (("Odd number", "number", "float"), ("Odd moment", "datetime", "datetime"), ("Odd text", "string", "textarea"))
))  # fmt: skip
LONG_TEXT = "All work and no play. " * 47_663  # a little over 1 MB
NAMES = (
    "nul", "surrogate", "far_future", "negative", "huge_number", "long_text", "long_changelog", "many_comments",
    "odd_document", "hub",
)  # fmt: skip
ODD_DOCUMENT: dict[str, Any] = {
    "version": 1, "type": "doc", "content": [
        {"type": "hologram", "attrs": {"depth": 3}, "content": [{"type": "text", "text": "unknown node"}]},
        {"content": [{"type": "text", "text": 'a "quoted" \\ word', "marks": [{"type": "glow"}]}], "type": "paragraph"},
        {"type": "paragraph", "content": [
            {"type": "mention", "attrs": {"id": "acc-1", "text": "@Ann", "accessLevel": ""}},
            {"type": "text", "text": " in"}, {"type": "hardBreak"}, {"type": "text", "text": "two lines "},
            {"type": "emoji", "attrs": {"shortName": ":tada:", "id": "1f389", "text": "\U0001f389"}},
            {"type": "status", "attrs": {"text": "READY", "color": "green"}},
        ]},
        {"type": "paragraph", "content": []},
        {"type": "table", "content": [{"type": "tableRow", "content": [
            {"type": "tableCell", "content": [{"type": "paragraph", "content": [{"type": "text", "text": cell}]}]}
            for cell in ("left", "right")
        ]}]},
        {"type": "blockCard", "attrs": {"url": "https://example.test/page"}},
        {"type": "paragraph", "content": [{"type": "date", "attrs": {"timestamp": "1582152559000"}}]},
    ],
}  # fmt: skip
ODD_TEXT = (
    'unknown node\na "quoted" \\ word\n@Ann in\ntwo lines \U0001f389READY\nleft\nright\n'
    "https://example.test/page\n2020-02-19"
)


def add(world: World, *, links: int = 3_000) -> dict[str, Issue]:
    """The odd issues by name, in a project of their own; the hub relates to itself through `links` neighbours."""
    project = Project(9_900, "ODD", "Odd content", "Oddities", next(iter(world.people), ""))
    world.projects[project.id] = project
    for entry in (NUMBER, MOMENT, LETTERS):
        world.custom_fields[entry.id] = entry
    odd = {name: _issue(world, project, place, name) for place, name in enumerate(NAMES)}
    _fields(odd)
    _histories(odd["long_changelog"], 300)
    _comments(world, odd["many_comments"], 120)
    _links(world, project, odd["hub"], links)
    return odd


def _issue(world: World, project: Project, place: int, name: str) -> Issue:
    at = world.now - timedelta(days=1, minutes=place)
    people = [*world.people, ""]
    issue = Issue(
        FIRST + place, f"{project.key}-{place + 1}", project.id, _standard(world), f"Odd: {name}",
        next(iter(world.statuses)), "Medium", at - timedelta(days=400), at, people[0],
    )  # fmt: skip
    world.issues[issue.id] = issue
    return issue


def _standard(world: World) -> int:
    return next(entry.id for entry in world.issue_types.values() if entry.hierarchy_level == 0)


def _fields(odd: dict[str, Issue]) -> None:
    odd["nul"].summary = "Odd: nul\0byte"
    odd["nul"].extra = {LETTERS.key: "before\0after"}
    odd["surrogate"].summary = "Odd: half \ud83d of a pair"
    odd["surrogate"].extra = {LETTERS.key: "low \ude00 first"}
    odd["far_future"].extra = {MOMENT.key: "51502-01-01T00:00:00.000+0000", "duedate": "51502-01-01"}
    odd["negative"].extra = {"timeoriginalestimate": -3600, "timeestimate": -60}
    odd["huge_number"].extra = {NUMBER.key: 1e308, "timeoriginalestimate": 10**30}
    odd["long_text"].description = LONG_TEXT
    odd["odd_document"].extra = {"description": ODD_DOCUMENT, NUMBER.key: 2.5}


def _histories(issue: Issue, count: int) -> None:
    step = (issue.updated - issue.created) / (count + 1)
    for place in range(count):
        words = [f"Odd: step {place}", f"Odd: step {place + 1}"]
        change = Change("summary", "summary", "jira", None, words[0], None, words[1])
        issue.histories.append(History(issue.id * 1000 + place, issue.reporter, issue.created + step * place, [change]))


def _comments(world: World, issue: Issue, count: int) -> None:
    for place in range(count):
        at = issue.created + timedelta(hours=place)
        number = issue.id * 1000 + place
        world.comments[number] = Comment(number, issue.id, issue.reporter, f"Remark {place}", at, at)


def _links(world: World, project: Project, hub: Issue, count: int) -> None:
    """Each link needs another end: a few neighbours are linked many times, as integrations do."""
    near = [_issue(world, project, len(NAMES) + place, f"neighbour {place}") for place in range(30)]
    for place in range(count):
        number = FIRST + place
        world.links[number] = Link(number, "Relates", hub.id, near[place % len(near)].id)
