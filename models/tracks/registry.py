"""The one list of tracks."""

from __future__ import annotations

from models.tracks.track import Track

TRACKS: tuple[Track, ...] = ()


def track(name: str) -> Track:
    """The registered track of that name."""
    return next(item for item in TRACKS if item.name == name)
