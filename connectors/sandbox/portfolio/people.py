"""The people of the simulated organisation and the teams they form; a team works in one time zone."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from connectors.sandbox.portfolio import names
from connectors.sandbox.world import Person, World


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    programme: str
    members: tuple[str, ...]
    starts_hour: int  # UTC hour at which the team's day begins


def email(display_name: str) -> str:
    """An address under the reserved example domain, plain ASCII."""
    plain = display_name.translate(str.maketrans("íáëóéúñö", "iaeoeuno")).lower()
    return f"{plain.replace(' ', '.')}@example.com"


def hire(rng: Random, taken: set[str], time_zone: str) -> Person:
    """A person with a name nobody has yet; the last resort is a middle initial."""
    for _ in range(20):
        display_name = f"{rng.choice(names.FIRST)} {rng.choice(names.LAST)}"
        if display_name not in taken:
            break
    else:
        display_name = f"{rng.choice(names.FIRST)} {len(taken)}. {rng.choice(names.LAST)}"
    taken.add(display_name)
    address = email(display_name).replace("..", ".")
    return Person(f"{rng.getrandbits(96):024x}", display_name, address, time_zone)


def form_teams(rng: Random, programmes: tuple[str, ...], per_programme: int = 3) -> tuple[list[Person], list[Team]]:
    """Teams of 4 to 8 for every programme."""
    people: list[Person] = []
    teams: list[Team] = []
    taken: set[str] = set()
    for programme in programmes:
        for number in range(1, per_programme + 1):
            zone, hour = names.ZONES[rng.randrange(len(names.ZONES))]
            members = [hire(rng, taken, zone) for _ in range(rng.randint(4, 8))]
            people.extend(members)
            account_ids = tuple(person.account_id for person in members)
            teams.append(Team(f"{programme} {number}", programme, account_ids, hour))
    return people, teams


def leave(rng: Random, world: World, teams: list[Team]) -> None:
    """Now and then somebody leaves the organisation; their open work keeps their name until somebody notices."""
    if rng.random() > 0.02:
        return
    team = rng.choice(teams)
    staying = [one for one in team.members if world.people[one].active]
    leads = {project.lead for project in world.projects.values()}
    candidates = [one for one in staying if one not in leads]
    if len(staying) > 3 and candidates:
        world.people[rng.choice(candidates)].active = False
