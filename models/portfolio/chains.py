"""Goes back from the finishes through what waited: which links lie on a chain that decides, and what each delays.

Criticality is the share of trials in which something lies on the chain that decides (Van Slyke, Operations Research
11, 1963): the chain to the portfolio's last finish, and any chain to a promise that is missed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.portfolio.sampling import Days
from models.portfolio.simulation import Passage, Simulator
from models.portfolio.waves import Group

LATE, LAST = np.uint8(1), np.uint8(2)
Marks = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


class Chains:
    """One passage, seen from its finishes back."""

    def __init__(self, simulator: Simulator, passage: Passage, marks: Marks) -> None:
        """`marks`, a row a project, gain the projects through which a chain runs that ends elsewhere."""
        self._plan, self._passage, self._waits = simulator.plan, passage, passage.waits
        self._marks, self._own = marks, marks.copy()
        self._onward: dict[int, Marks] = {}  # piece that waits → marks of what waits for it in turn

    def links(self) -> Numbers:
        """A column a relation: criticality for the last finish and for promises, delay of the project, wait."""
        found = np.zeros((4, len(self._plan.relations)))
        for group in reversed([group for wave in self._plan.waves for group in wave.groups]):
            if len(group.links):
                columns = self._plan.relations[group.links]
                found[:2, columns] = shares(self._on_chain(group))
                found[2:, columns] = self._delays(group)
        return found

    def _on_chain(self, group: Group) -> Marks:
        """Of each link of a group; handed on to what it waits for."""
        begins, ends = self._waits.begins[group.waits], self._waits.ends[group.waits]
        mark = self._own.take(group.projects, axis=0)
        mark *= ends == self._passage.finish.take(group.projects, axis=0)
        for row, project in enumerate(group.projects.tolist()):
            onward = self._onward.pop(group.waits.start + row, None)
            if onward is not None:
                mark[row] |= onward
                self._marks[project] |= mark[row]
        found = group.by_link(mark)
        found *= self._waits.allowed.take(group.links, axis=0) == group.by_link(begins)
        for link, marked in zip(group.links.tolist(), found, strict=True):
            project, row = self._plan.before[link]
            if row < 0:
                self._marks[project] |= marked
            else:
                self._onward[row] = self._onward[row] | marked if row in self._onward else marked
        return found

    def _delays(self, group: Group) -> tuple[Numbers, Numbers]:
        """Without each link by itself: how much sooner its project would finish, and its piece of work begin."""
        gained = self._waits.natural[group.waits].take(group.rows, axis=0)
        for link, row, begins in zip(group.links.tolist(), group.rows.tolist(), gained, strict=True):
            for other in self._plan.links[group.waits.start + row]:
                if other != link:
                    np.maximum(begins, self._waits.allowed[other], out=begins)
        np.subtract(group.by_link(self._waits.begins[group.waits]), gained, out=gained)
        projects = group.projects[group.rows]
        finish = group.by_link(self._waits.ends[group.waits]) - gained
        np.maximum(finish, self._passage.alone.take(projects, axis=0), out=finish)
        for link, row, sooner in zip(group.links.tolist(), group.rows.tolist(), finish, strict=True):
            self._beside(link, group.waits.start + row, sooner)
        np.subtract(self._passage.finish.take(projects, axis=0), finish, out=finish)
        return means(finish), means(gained)

    def _beside(self, link: int, waiting: int, finish: Days) -> None:
        """A finish without one link, so far by the piece that waited for it: by the others of the project, too."""
        project = self._plan.projects[waiting]
        if project in self._plan.chained:
            finish[:] = self._moved_along(project, link)
            return
        for other in self._plan.together[project]:
            if other != waiting:
                np.maximum(finish, self._waits.ends[other], out=finish)

    def _moved_along(self, project: int, link: int) -> Days:
        """When a project would finish without one of its links, everything else in it moving along."""
        finish: Days = self._passage.alone[project]
        sooner: dict[int, Days] = {}
        for waiting in self._plan.together[project]:
            begins = self._waits.natural[waiting]
            for other in self._plan.links[waiting]:
                if other != link:
                    allowed, gain = self._waits.allowed[other], sooner.get(self._plan.before[other][1])
                    begins = np.maximum(begins, allowed if gain is None else allowed - gain)
            sooner[waiting] = self._waits.begins[waiting] - begins
            finish = np.maximum(finish, self._waits.ends[waiting] - sooner[waiting])
        return finish


def means(rows: Days) -> Numbers:
    """Of each row: sums of float32 in pairs, without the detours of mean()."""
    sums: Days = np.add.reduce(rows, axis=1)
    found: Numbers = sums.astype(np.float64) / rows.shape[1]
    return found


def shares(marks: Marks) -> Numbers:
    """Of each row the share of trials with LAST, and that with LATE."""
    bits = [np.packbits(chosen, axis=1) for chosen in (marks >> 1, marks & LATE)]
    counts = [np.add.reduce(np.bitwise_count(row), axis=1, dtype=np.float64) for row in bits]
    found: Numbers = np.array(counts) / marks.shape[1]
    return found
