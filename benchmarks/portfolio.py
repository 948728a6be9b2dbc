"""Times the portfolio simulation beside the same model in plain Python; prints one JSON line.

`python benchmarks/portfolio.py`. 1,000 projects and 10,000 trials with dependencies, lags, calendars, shared teams and
common shocks; percentiles, criticality and delays included. The peer walks trial by trial and project by project, as
one writes it without numpy, on few trials, scaled to as many. It does less: no criticality, no delays, one calendar.
The two are compared by CPU time, so that what else the machine does counts for neither.
"""

from __future__ import annotations

import json
import math
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from models.portfolio.findings import quantiles, simulate
from models.portfolio.network import Network, Package, Project, Relation, Staffing, build
from models.portfolio.sampling import LEVELS
from models.portfolio.teams import TRANSFER

PROJECTS, DEPENDENCIES, TEAMS, TRIALS, SEED = 1_000, 1_500, 250, 10_000, 7
PEER_TRIALS = 20


def main() -> None:
    """The best of three runs, each from the network to every figure; the peer once, in the same process."""
    network = portfolio()
    times = []
    for _ in range(3):
        began, used = time.perf_counter(), time.process_time()
        found = simulate(network, SEED, TRIALS)
        kept = float((found.late_count == 0).mean())
        finishes = quantiles(found.finish, LEVELS)
        times.append((time.perf_counter() - began, time.process_time() - used))
    seconds, cpu = min(times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    plain = walk(network, PEER_TRIALS)
    peer = (time.process_time() - began) * TRIALS / PEER_TRIALS
    line = {
        "benchmark": "portfolio", "work": PROJECTS * TRIALS, "unit": "project trials", "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3), "rate": round(PROJECTS * TRIALS / seconds), "peak_memory_mb": round(peak),
        "projects": PROJECTS, "trials": TRIALS, "dependencies": DEPENDENCIES, "teams": TEAMS,
        "probability_all_kept": kept, "expected_delay_days": round(float(found.link_delay.mean()), 2),
        "median_finish_days": round(float(np.median(finishes[:, 1])), 1),
        "peer": f"plain Python, {PEER_TRIALS} trials, scaled", "peer_cpu_seconds": round(peer, 1),
        "peer_median_finish_days": round(plain, 1), "times_less_cpu": round(peer / cpu),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def portfolio() -> Network:
    """Seeded: projects of 40 to 400 days, four a team, 40 programmes, dependencies at random, a week of five days."""
    rng = np.random.default_rng(SEED)
    projects, given = [], {}
    for number in range(PROJECTS):
        middle, team = float(rng.uniform(40, 400)), number % TEAMS
        days = (0.6 * middle, middle, 1.3 * middle, 1.8 * middle)
        name = f"p{number:04d}"
        projects.append(Project(name, days, due=1.2 * middle, programme=f"g{team % 40}", team=f"t{team}",
                                calendar="c", open_count=int(rng.integers(10, 200))))  # fmt: skip
        given[f"t{team}", name] = float(rng.uniform(0.5, 3.0))
    packages, relations = [], []
    for number in range(DEPENDENCIES):
        before, after = rng.choice(PROJECTS, 2, replace=False)
        for end, place in (("a", before), ("b", after)):
            packages.append(Package(f"{end}{number}", projects[place].project_id, 1.0 / projects[place].open_count))
        relations.append(Relation(f"r{number}", f"a{number}", f"b{number}", lag=int(rng.choice([0, 0, 0, 5]))))
    week = np.tile([True, True, True, True, True, False, False], 300)
    return build(projects, packages, relations, Staffing(given), {"c": week})


def walk(network: Network, trials: int) -> float:
    """The median finish, trial by trial."""
    rng = random.Random(SEED)
    finishes = [day for _ in range(trials) for day in _trial(network, rng)]
    return sorted(finishes)[len(finishes) // 2]


def _trial(network: Network, rng: random.Random) -> list[float]:
    shocks: dict[str, float] = {}
    days = {}
    for one in network.projects:
        names = ("all", 0.02), (f"programme {one.programme}", 0.05), (f"team {one.team}", 0.05)
        score = rng.gauss(0, 1) * math.sqrt(0.88)
        for name, share in names:
            score += shocks.setdefault(name, rng.gauss(0, 1)) * math.sqrt(share)
        low, middle, high, highest = (math.log(value) for value in one.days)
        slopes = (middle - low) / 1.2816, (high - middle) / 0.8416, (highest - high) / 0.8032
        log = middle + slopes[0] * min(score, 0) + slopes[1] * min(max(score, 0), 0.8416)
        days[one.project_id] = math.exp(log + slopes[2] * max(score - 0.8416, 0))
    finish = _share_teams(network, days)
    ends: dict[str, float] = {}
    waits = {one.after: one for one in network.relations}
    for number in network.order:
        package = network.packages[number]
        lasts = finish[package.project_id] * package.share
        begins = max(0.0, finish[package.project_id] * rng.random() - lasts)
        if package.package_id in waits:
            relation = waits[package.package_id]
            begins = max(begins, _working(ends[relation.before], relation.lag))
        ends[package.package_id] = begins + lasts
    for package in network.packages:
        finish[package.project_id] = max(finish[package.project_id], ends[package.package_id])
    return list(finish.values())


def _share_teams(network: Network, days: dict[str, float]) -> dict[str, float]:
    """What neighbours free beyond what their medians would."""
    teams: dict[str, list[tuple[str, float]]] = {}
    for (team, project), people in network.staffing.given.items():
        teams.setdefault(team, []).append((project, people))
    middle = {one.project_id: one.days[1] for one in network.projects}
    found = dict(days)
    for members in teams.values():
        total = sum(people for _, people in members)
        for project, _ in members:
            freed = sum(
                people / total * (max(days[project] - days[other], 0) - max(days[project] - middle[other], 0))
                for other, people in members if other != project
            )  # fmt: skip
            found[project] = max(days[project] / 2, days[project] - TRANSFER * freed)
    return found


def _working(moment: float, lag: int) -> float:
    """Day by day to the next working day, and on by the lag."""
    day = int(moment)
    while day % 7 > 4:
        day, moment = day + 1, float(day + 1)
    while lag > 0:
        day, moment = day + 1, moment + 1
        lag -= day % 7 <= 4
    return moment


if __name__ == "__main__":
    main()
