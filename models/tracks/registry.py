"""The one list of tracks."""

from __future__ import annotations

from models.tracks.capital.track import CapitalProjects
from models.tracks.gmpp.track import MajorProjects
from models.tracks.issues.track import IssuesTrack
from models.tracks.sprints.track import SprintsTrack
from models.tracks.throughput.track import Throughput
from models.tracks.track import Track

TRACKS: tuple[Track, ...] = (IssuesTrack(), SprintsTrack(), CapitalProjects(), MajorProjects(), Throughput())


def track(name: str) -> Track:
    """The registered track of that name."""
    return next(item for item in TRACKS if item.name == name)
