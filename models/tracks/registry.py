"""The one list of tracks."""

from __future__ import annotations

from models.tracks.issues.track import IssuesTrack
from models.tracks.sprints.track import SprintsTrack
from models.tracks.track import Track

TRACKS: tuple[Track, ...] = (IssuesTrack(), SprintsTrack())


def track(name: str) -> Track:
    """The registered track of that name."""
    return next(item for item in TRACKS if item.name == name)
