"""What people take away again: a comment, a file, a link. Each leaves the trace that Jira leaves, and no more."""

from __future__ import annotations

from connectors.sandbox.world import Change, History, Issue, World


def remove_comment(world: World, comment_id: int) -> None:
    """Jira tells of it only by the issue's new time: a comment has no changelog."""
    comment = world.comments.pop(comment_id)
    world.removed.add(comment_id)
    _touch(world, world.issues[comment.issue_id])


def remove_attachment(world: World, attachment_id: int) -> None:
    entry = world.attachments.pop(attachment_id)
    world.removed.add(attachment_id)
    issue = world.issues[entry.issue_id]
    _touch(world, issue, Change("Attachment", "attachment", "jira", str(entry.id), entry.filename, None, None))


def remove_link(world: World, link_id: int) -> None:
    """Both ends change."""
    link = world.links.pop(link_id)
    for end, far in ((link.source, link.target), (link.target, link.source)):
        key = world.issues[far].key
        gone = Change("Link", "issuelinks", "jira", key, f"This issue is linked to {key}", None, None)
        _touch(world, world.issues[end], gone)


def _touch(world: World, issue: Issue, *changes: Change) -> None:
    issue.updated = world.now
    if changes:
        number = 1 + max((entry.id for one in world.issues.values() for entry in one.histories), default=0)
        issue.histories.append(History(number, issue.reporter, world.now, list(changes)))
