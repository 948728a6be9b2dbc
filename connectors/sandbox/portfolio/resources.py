"""Who works where, and when not: the PMO's sheets of people, teams, calendars, capacity and assignments.

Drawn apart from the world's stream, so that what is written down never changes what is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sandbox.portfolio import steering
from connectors.sandbox.portfolio.people import Team
from connectors.sandbox.portfolio.state import ProjectState

Row = dict[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "Calendar": ("calendar_key", "day_on", "working_share", "day_name"),
    "People": ("person_key", "alias", "person_name"),
    "Teams": ("team_key", "team_name", "lead_email", "calendar_key"),
    "Team members": ("team_key", "person_email", "starts_on", "ends_on"),
    "Capacity": ("who", "kind", "starts_on", "ends_on", "hours_per_day", "allocation", "reason"),
    "Assignments": ("person_email", "project_key", "starts_on", "ends_on", "share", "role"),
}
CALENDARS: Mapping[str, tuple[str, tuple[tuple[int, int, float, str], ...]]] = {
    "Europe/Berlin": ("DE", ((1, 1, 0, "New Year"), (5, 1, 0, "Labour Day"), (10, 3, 0, "Unity Day"),
                             (12, 24, 0.5, "Christmas Eve"), (12, 25, 0, "Christmas"), (12, 26, 0, "Boxing Day"))),
    "Europe/London": ("UK", ((1, 1, 0, "New Year"), (12, 25, 0, "Christmas"), (12, 26, 0, "Boxing Day"))),
    "America/New_York": ("US", ((1, 1, 0, "New Year"), (7, 4, 0, "Independence Day"), (12, 25, 0, "Christmas"))),
    "Asia/Kolkata": ("IN", ((1, 26, 0, "Republic Day"), (8, 15, 0, "Independence Day"), (10, 2, 0, "Gandhi Jayanti"))),
    "Europe/Madrid": ("ES", ((1, 1, 0, "New Year"), (1, 6, 0, "Epiphany"), (10, 12, 0, "National Day"),
                             (12, 8, 0, "Immaculate Conception"), (12, 25, 0, "Christmas"))),
    "America/Sao_Paulo": ("BR", ((1, 1, 0, "New Year"), (4, 21, 0, "Tiradentes"), (9, 7, 0, "Independence Day"),
                                 (11, 15, 0, "Republic Day"), (12, 25, 0, "Christmas"))),
}  # fmt: skip
EVERYBODY = ((1, 1, 0.0, "New Year"), (12, 25, 0.0, "Christmas"))
CONTRACTORS = "VEN-1"
BOOKED_AHEAD = timedelta(days=60)
LINE_WORK = 0.8
"""What projects may use of people who have other work besides."""


def sheets(states: Sequence[ProjectState], today: date) -> dict[str, list[Row]]:
    """Every sheet's rows, in a fixed order."""
    if not states:
        return {title: [] for title in COLUMNS}
    teams = list({state.plan.team.name: state.plan.team for state in states}.values())
    begins = states[0].portfolio.start.date()
    return {
        "Calendar": list(_calendar(begins.year, today.year + 1)),
        "People": list(_people(states, teams)),
        "Teams": [*(_team(states, team) for team in teams), _contractors()],
        "Team members": [_member(states, team, one, begins) for team in teams for one in team.members],
        "Capacity": [row for team in teams for row in _capacity(states, team, begins, today)] + [_hired(begins)],
        "Assignments": list(_assignments(states, {row["alias"] for row in _people(states, teams)})),
    }


def key(team: Team) -> str:
    """A short name as people give teams: Core Banking Renewal 2 is CBR-2."""
    *words, number = team.name.split()
    return f"{''.join(word[0].upper() for word in words)}-{number}"


def _address(states: Sequence[ProjectState], account: str) -> str:
    return states[0].world.people[account].email


def _calendar(first: int, last: int) -> Iterator[Row]:
    for name, days in (("DEFAULT", EVERYBODY), *CALENDARS.values()):
        for year in range(first, last + 1):
            for month, day, share, title in days:
                day_on = date(year, month, day)
                yield {"calendar_key": name, "day_on": day_on, "working_share": share, "day_name": title}


def _alias(address: str) -> str:
    return address.replace("@", "@partner.")


def _people(states: Sequence[ProjectState], teams: Sequence[Team]) -> Iterator[Row]:
    """A few people came with an address of their former firm, by which some sheets still know them."""
    for number, team in enumerate(teams[:3], start=1):
        person = states[0].world.people[team.members[-1]]
        for alias in (person.email, _alias(person.email)):
            yield {"person_key": f"P-{number:03d}", "alias": alias, "person_name": person.display_name}


def _team(states: Sequence[ProjectState], team: Team) -> Row:
    lead = states[0].world.people[team.members[0]]
    calendar = CALENDARS.get(lead.time_zone)
    return {
        "team_key": key(team),
        "team_name": team.name,
        "lead_email": lead.email,
        "calendar_key": calendar[0] if calendar else None,
    }


def _contractors() -> Row:
    return {"team_key": CONTRACTORS, "team_name": "Contractors", "lead_email": None, "calendar_key": None}


def _hired(begins: date) -> Row:
    """Contractors have a number of hours and no names."""
    return _term(CONTRACTORS, "available", begins, hours_per_day=32, reason="Framework contract")


def _member(states: Sequence[ProjectState], team: Team, account: str, begins: date) -> Row:
    address = _address(states, account)
    return {"team_key": key(team), "person_email": address, "starts_on": begins, "ends_on": None}


def _term(who: str, kind: str, starts_on: date, ends_on: date | None = None, **more: object) -> Row:
    empty = {"hours_per_day": None, "allocation": None, "reason": None}
    return {"who": who, "kind": kind, "starts_on": starts_on, "ends_on": ends_on, **empty, **more}


def _capacity(states: Sequence[ProjectState], team: Team, begins: date, today: date) -> Iterator[Row]:
    """Part-timers, and everybody's holidays as far as they are known by now; the rest work full time."""
    for account in team.members:
        who, dice = _address(states, account), Random(f"{account}/capacity")
        if Random(f"{account}/contract").random() < 0.15:
            yield _term(who, "available", begins, hours_per_day=dice.choice((4, 5, 6)), reason="Part time")
        elif _allocation(account) < 1:
            yield _term(who, "available", begins, allocation=LINE_WORK, reason="Line work besides")
        for year in range(begins.year, today.year + 2):
            for month, days in ((dice.randint(6, 9), 11), (dice.choice((2, 3, 4, 10)), 4)):
                first = date(year, month, 1) + timedelta(days=dice.randint(0, 24))
                first += timedelta(days=-first.weekday() % 7)
                if begins <= first <= today + BOOKED_AHEAD:
                    yield _term(who, "absent", first, first + timedelta(days=days), reason="Holiday")


def _allocation(account: str) -> float:
    return LINE_WORK if 0.15 <= Random(f"{account}/contract").random() < 0.3 else 1.0


def _assignments(states: Sequence[ProjectState], newcomers: Set[str]) -> Iterator[Row]:
    """Each project gets what its plan pays for, out of what is left of its team; some are asked for by everybody."""
    given: dict[str, list[Row]] = {}
    for state in sorted(states, key=lambda one: (one.plan.starts, one.plan.index)):
        team, begins = state.plan.team, (state.portfolio.start + timedelta(days=state.plan.starts)).date()
        wanted = round(min(1.0, steering.team_size(state) / len(team.members)) * 20) / 20
        for account in team.members:
            before = given.setdefault(account, [])
            busy = sum(row["share"] for row in before if row["ends_on"] is None or row["ends_on"] >= begins)
            is_wanted_by_all = account == team.members[0] and key(team).endswith("1")
            share = round(wanted if is_wanted_by_all else min(wanted, _allocation(account) - busy), 2)
            if share < 0.05:
                continue
            address = state.world.people[account].email
            before.append(
                {
                    "person_email": _alias(address) if address in newcomers and state.plan.index % 2 == 0 else address,
                    "project_key": state.plan.key,
                    "starts_on": begins,
                    "ends_on": state.finished_at.date() if state.finished_at else None,
                    "share": share,
                    "role": "Lead" if account == state.project.lead else "Engineer",
                }
            )
    return (row for rows in given.values() for row in rows)
