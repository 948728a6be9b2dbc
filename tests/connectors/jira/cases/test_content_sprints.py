"""Case 34: sprints as older servers print them, a Java object's text with nothing escaped, read as what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import orjson
import pytest
import yaml

from connectors.sandbox.world import Change, History
from pipelines import settings
from pipelines.line import Line
from pipelines.stages.build.builder import build_warehouse
from pipelines.stages.sync import sync_site
from tests.connectors.jira.flavours import datacenter, settle
from tests.fixtures.sandbox import running_world, small_world

MACROS = Path(__file__).parents[4] / "dbt_project" / "macros" / "jira.sql"
SPRINT = "customfield_10020"
NAMES = ["Sprint, the first]", "[id=7,state=X] name=a, goal=b", "Plain", "Ünïcode – ✓", "a=b,c", " lead,", "]"]
PREFIX = "com.atlassian.greenhopper.service.sprint.Sprint@1f2e3d"
DATES = "startDate=2026-01-05T09:00:00.000+01:00,endDate=2026-01-19T09:00:00.000+01:00,completeDate=<null>"


@pytest.fixture(scope="module")
def read() -> Iterator[Any]:
    """The warehouse's own reading of a sprint field, over plain JSON."""
    sql = jinja2.Environment(autoescape=False).from_string(MACROS.read_text() + "{{ sprints('value') }}").render()  # noqa: S701 - SQL
    with duckdb.connect() as db:

        def run(value: Any) -> list[tuple[Any, Any]]:
            row = db.execute(f"select {sql} from (select ?::json as value)", [orjson.dumps(value).decode()]).fetchone()  # noqa: S608
            return [(one["id"], one["name"]) for one in (row or [[]])[0] or []]

        yield run


def test_case_34_names_with_commas_and_brackets_come_through_from_the_wire_to_the_warehouse(read: Any) -> None:
    world = small_world()
    for number, name in enumerate(NAMES, start=50):
        sprint = world.sprints[1]
        world.sprints[number] = type(sprint)(
            number, 200, name, "future", "to win, ] and go", sprint.starts_at, sprint.ends_at
        )
    world.issues[10_003].sprint_ids = [*range(50, 50 + len(NAMES)), 2]
    with datacenter(world) as acme:
        payload = next(one.payload for one in acme.sync().records["issue"] if one.key == "10003")
    field = payload["fields"][SPRINT]
    assert all(text.startswith("com.atlassian.greenhopper.service.sprint.Sprint@") for text in field)
    expected = [(str(number), name) for number, name in enumerate(NAMES, start=50)]
    assert read(field) == [*expected, ("2", "Sprint 2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"[id=11,rapidViewId=3,state=CLOSED,name=A, b],{DATES},sequence=11]", ("11", "A, b]")),
        (
            f"[id=11,rapidViewId=3,state=CLOSED,name=A,{DATES},sequence=11,goal=x,startDate=<null>,endDate=]",
            ("11", "A"),
        ),
        (f"[id=11,rapidViewId=3,state=ACTIVE,name=A,goal=win, ] it\nall,{DATES},sequence=11]", ("11", "A")),
        (f"[rapidViewId=142,state=CLOSED,name=07.04 - 24.04,{DATES},id=642]", ("642", "07.04 - 24.04")),
        (
            "[id=5,rapidViewId=<null>,state=FUTURE,name=,startDate=<null>,endDate=<null>,completeDate=<null>]",
            ("5", None),
        ),
        ("[something else entirely]", (None, None)),
    ],
)
def test_case_34_every_known_order_of_the_parts_is_read_and_an_unknown_one_is_no_error(
    read: Any, text: str, expected: tuple[Any, Any]
) -> None:
    assert read([PREFIX + text]) == [expected]


def test_case_34_sprints_of_newer_sites_are_read_as_before(read: Any) -> None:
    assert read([{"id": 7, "name": 'Seven "7", ]', "state": "active"}, {"id": 8}]) == [
        ("7", 'Seven "7", ]'),
        ("8", None),
    ]
    assert read([]) == []


def _moved(world: Any) -> None:
    """One issue changes hands, sprint, points and epic: each told by a name alone on a Data Center."""
    issue = world.issues[10_003]
    at = issue.created + (issue.updated - issue.created) / 2
    issue.histories.append(
        History(
            3900,
            "acc-1",
            at,
            [
                Change("assignee", "assignee", "jira", "acc-1", "Person 1", "acc-2", "Person 2"),
                Change("Sprint", SPRINT, "custom", "1", "Sprint 1", "1, 2", "Sprint 1, Sprint 2"),
                Change("Story point estimate", "customfield_10016", "custom", None, "1", None, "3"),
            ],
        )
    )


@pytest.mark.slow
def test_case_34_one_world_read_from_cloud_and_from_a_data_center_gives_the_same_tables(tmp_path: Path) -> None:
    cloud, server = small_world(), small_world()
    for world in (cloud, server):
        _moved(world)
    sources = tmp_path / "sources"
    sources.mkdir()
    with running_world(cloud) as one, running_world(server, flavour="datacenter") as two:
        known = one.sandbox.options
        sites = {
            "cloud": {"url": one.url, "email": known.email, "api_token": known.token},
            "server": {"url": two.url, "auth": "pat", "api_token": known.pat},
        }
        for name, options in sites.items():
            (sources / f"{name}.yaml").write_text(yaml.safe_dump({"type": "jira", "site": name, **options}))
        config = settings.load({"SLIPSTREAM_HOME": str(tmp_path)})
        for site in config.sites:
            assert sync_site(config, site).status == "complete"
        settle(one)
        settle(two)
    build_warehouse(Line.of(config))
    with duckdb.connect(str(config.warehouse_path), read_only=True) as db:
        for query in _SAME:
            ours = [db.execute(query.format(site=site)).fetchall() for site in ("cloud", "server")]
            assert ours[0] == ours[1], query
            assert ours[0], query
        names = db.execute(
            "select count(*) from marts.dim_issue i join marts.bridge_person_account p on p.account_id = i.assignee_id "
            "where i.site_id = 'server' and p.display_name = 'Person 2'"
        ).fetchone()
        people = db.execute("select count(*), min(account_count), max(account_count) from marts.dim_person").fetchone()
    assert names == (24,)
    assert people == (3, 2, 2), "the people of both sites are the same, by their addresses"


_SAME = (
    "select native_id, issue_key, project_key, issue_type, hierarchy_level, is_leaf, status, status_category, summary, "
    "created_at, updated_at, started_at, done_at, due_on, story_points, is_blocked, "
    "split_part(parent_issue_id, ':', 2), split_part(epic_id, ':', 2) "
    "from marts.dim_issue where site_id = '{site}' order by 1",
    "select split_part(issue_id, ':', 2), sprints from intermediate.int_delivery__issue_current "
    "where site_id = '{site}' and sprints is not null order by 1",
    "select split_part(issue_id, ':', 2), field_id, from_value, to_value, changed_at "
    "from intermediate.int_delivery__issue_change where starts_with(issue_id, '{site}:') order by all",
    "select native_id, sprint_name, state, goal from marts.dim_sprint where site_id = '{site}' order by 1",
    "select display_name, email_address, is_active from marts.bridge_person_account "
    "where site_id = '{site}' order by 1",
    "select display_name, count(*) from staging.stg_jira__worklog log "
    "join marts.bridge_person_account on account_id = log.author_id where log.site_id = '{site}' group by 1",
    "select person.display_name, count(*) from intermediate.int_delivery__issue_change change "
    "join marts.bridge_person_account person on person.account_id = change.author_id "
    "where person.site_id = '{site}' group by 1",
    "select project_key, owner_name is null, is_archived from marts.dim_project where site_id = '{site}' order by 1",
)
