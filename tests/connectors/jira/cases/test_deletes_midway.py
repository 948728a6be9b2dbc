"""Cases 24 and 26 in the middle of a sync: what closes between the list of projects and the census buries nothing."""

from __future__ import annotations

import pytest

from connectors.source import Progress
from tests.connectors.jira.mirror import Mirror, buried
from tests.connectors.jira.syncing import collect, site
from tests.fixtures.sandbox import small_world

ALFA = 10_200


def _sync_while(mirror, name):
    """A sync in which, once the projects are listed, something happens to one of them."""
    items, before = mirror.site.source.sync(mirror.checkpoint), []
    for item in items:
        before.append(item)
        if not isinstance(item, Progress):
            mirror.site.do(name, project=ALFA)
            break
    return mirror.take(collect(iter([*before, *items])))


@pytest.mark.parametrize(
    ("name", "back"),
    [("archive_project", "restore_project"), ("trash_project", "restore_project"), ("revoke_browse", "grant_browse")],
)
def test_case_26_a_project_closed_after_it_was_listed_keeps_its_few_issues(name, back):
    with site(small_world(8)) as acme:  # four issues a project: so few would be believed to be deleted
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("rename_user", user="acc-1", name="So that something comes before the census")
        during = _sync_while(mirror, name)
        closed = mirror.sync()
        acme.do(back, project=ALFA)
        opened = mirror.sync()
    assert buried(during) == buried(closed) == buried(opened) == []
    assert len(mirror.alive) == 8
    assert (during.outcome.status, opened.outcome.status) == ("partial", "complete")
