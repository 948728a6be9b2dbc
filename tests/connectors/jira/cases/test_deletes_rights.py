"""Case 24: a permission revoked, narrowed or unknown alerts and deletes nothing; granted again it brings the news."""

from __future__ import annotations

import pytest

from tests.connectors.jira.mirror import Mirror, buried, classes, evidence, true_hours, truth
from tests.connectors.jira.syncing import Site, site
from tests.fixtures.sandbox import small_world

ALFA, BRAVO = 10_200, 10_201


def alfa(acme: Site) -> list[int]:
    return sorted(one.id for one in acme.jira.site.shown.issues.values() if one.project_id == ALFA)


@pytest.mark.parametrize("listed", [True, False])
def test_case_24_a_revoked_permission_is_no_deletion_and_alerts(*, listed):
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        mine = alfa(acme)
        acme.do("revoke_browse", project=ALFA, listed=listed)
        syncs = [mirror.sync(), mirror.sync()]
    for synced in syncs:
        assert (buried(synced), synced.outcome.status) == ([], "partial")
        proof = synced.certificate("ALFA")
        assert (proof.status, proof.source_count, proof.held_count) == ("partial", None, 12)
        assert classes(synced, proof.scope_key) == {"not_visible": mine}
        assert "not visible" in synced.outcome.detail
        assert synced.certificate("BRAVO").status == "complete"
    if listed:
        assert "BROWSE_PROJECTS is not held" in evidence(syncs[0], "ALFA", mine[0])


@pytest.mark.parametrize("listed", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_case_24_a_permission_that_is_granted_again_brings_what_changed_meanwhile(*, listed):
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("revoke_browse", project=ALFA, listed=listed)
        mirror.sync()
        acme.do("update_issue", issue=10_002, field="summary", value="Changed unseen")
        acme.do("add_worklog", issue=10_004, seconds=600)
        acme.do("delete_issue", issue=10_006)
        acme.do("pass_time", seconds=7_200)
        mirror.sync()
        acme.do("grant_browse", project=ALFA)
        granted = mirror.sync()
        again = mirror.sync()
        assert (mirror.held(), mirror.hours()) == (truth(acme), true_hours(acme))
    assert (buried(granted), granted.outcome.status) == ([("issue", "10006")], "complete")
    assert again.count() == 0


@pytest.mark.slow
def test_case_24_a_few_issues_of_a_small_project_do_not_go_down_with_its_permission():
    with site(small_world(8)) as acme:
        first = acme.sync()
        acme.do("revoke_browse", project=ALFA, listed=True)
        second = acme.sync(first.checkpoint)
    assert (buried(second), len(classes(second, "ALFA")["not_visible"])) == ([], 4)


def test_case_24_most_issues_gone_at_once_from_a_project_that_may_be_browsed_are_not_believed():
    with site(small_world(80)) as acme:
        first = acme.sync()
        gone = [10_002 + 2 * number for number in range(5, 20)]
        for issue in gone:
            acme.do("delete_issue", issue=issue)
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    for synced in (second, third):
        assert synced.count() == 0
        proof = synced.certificate("ALFA")
        assert (proof.status, proof.source_count, proof.held_count) == ("partial", 25, 40)
        assert classes(synced, "ALFA") == {"not_visible": gone}
        assert "sees_all_issues" in evidence(synced, "ALFA", gone[0])


@pytest.mark.slow
def test_case_24_mass_deletion_is_believed_where_the_operator_says_that_nothing_is_hidden():
    with site(small_world(80), sees_all_issues=True) as acme:
        first = acme.sync()
        gone = [10_002 + 2 * number for number in range(5, 20)]
        for issue in gone:
            acme.do("delete_issue", issue=issue)
        second = acme.sync(first.checkpoint)
    assert (len(buried(second)), second.outcome.status) == (15, "complete")


@pytest.mark.slow
def test_case_24_a_permission_revoked_between_two_looks_buries_nothing():
    with site(faults=("403@/mypermissions:1+",)) as acme:  # the site does not say: doubt, and no deletion
        first = acme.sync()
        acme.do("delete_issue", issue=10_020)
        second = acme.sync(first.checkpoint)
    assert (buried(second), second.outcome.status) == ([], "partial")
    assert "could not be asked for" in evidence(second, "ALFA", 10_020)


@pytest.mark.slow
def test_case_24_a_project_that_becomes_visible_brings_its_old_worklogs_too():
    world = small_world()
    world.unbrowsable[BRAVO] = False
    with site(world) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("pass_time", seconds=86_400)
        mirror.sync()
        acme.do("grant_browse", project=BRAVO)
        acme.do("update_issue", issue=10_003, field="summary", value="Seen by the search")
        mirror.sync()
        assert (mirror.held(), mirror.hours()) == (truth(acme), true_hours(acme))
    assert mirror.hours()


@pytest.mark.slow
def test_case_24_nothing_visible_at_all_is_not_called_complete():
    world = small_world(6)
    world.unbrowsable |= {ALFA: False, BRAVO: False}
    with site(world) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "partial"
    assert "no project is visible" in synced.outcome.detail
