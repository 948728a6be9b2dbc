"""Judges a track's forecaster on a file of past cases: rows read and checked, the answer written whole or not at all.

No landing, ledger or warehouse is involved, so that anyone can score a forecaster on data of his own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from connectors.errors import ConfigurationError
from models.tracks.columns import TrackDataError, missing
from models.tracks.registry import TRACKS
from models.tracks.track import Score, Track, TrackResult

GUIDE = "docs/backtests.md describes each track's file."


@dataclass(frozen=True)
class Rows:
    """One file as read, with its fingerprint."""

    frame: pd.DataFrame
    sha256: str


@dataclass(frozen=True)
class Judged:
    """A finished backtest, with what it was made from."""

    track: Track
    seed: int
    data: Rows
    train: Rows | None
    result: TrackResult

    def to_json(self) -> bytes:
        """Everything as one JSON object; the predictions one row a line, last."""
        head = orjson.dumps(self._head(), option=orjson.OPT_INDENT_2)
        rows = [orjson.dumps(row) for row in _records(self.result.predictions)]
        return head.removesuffix(b"\n}") + b',\n  "predictions": [\n' + b",\n".join(rows) + b"\n  ]\n}\n"

    def _head(self) -> dict[str, Any]:
        result = self.result
        return {
            "track": self.track.name,
            "version": version("slipstream"),
            "seed": self.seed,
            "rows": len(self.data.frame),
            "data_sha256": self.data.sha256,
            "train_rows": None if self.train is None else len(self.train.frame),
            "train_sha256": None if self.train is None else self.train.sha256,
            "scored_rows": len(result.predictions),
            "scores": {name: _plain(scores) for name, scores in result.scores.items()},
            "groups": {
                group: {name: _plain(scores) for name, scores in by_name.items()}
                for group, by_name in result.groups.items()
            },
            "notes": list(result.notes),
        }


def named(name: str) -> Track:
    """The track of that name; an unknown one is refused with the list of those there are."""
    found = next((track for track in TRACKS if track.name == name), None)
    if found is None:
        known = ", ".join(track.name for track in TRACKS)
        raise ConfigurationError(f"There is no track '{name}'.", f"Tracks: {known}. {GUIDE}")
    return found


def read_rows(path: Path, track: Track) -> Rows:
    """The rows of a CSV file (gzip too, by its name) that has the columns of the track."""
    content = path.read_bytes()
    try:
        frame = pd.read_csv(path, low_memory=False)
    except (ValueError, EOFError, pd.errors.EmptyDataError) as error:
        raise ConfigurationError(f"{path} cannot be read as CSV: {_first_line(error)}.", GUIDE) from error
    gone = missing(frame, track.columns)
    if gone:
        told = ", ".join(f"{name} ({meaning})" for name, meaning in gone.items())
        raise ConfigurationError(f"{path} is no file for the track '{track.name}': columns missing: {told}.", GUIDE)
    if frame.empty:
        raise ConfigurationError(f"{path} has a header but no rows.", "Give a file with past cases.")
    return Rows(frame, hashlib.sha256(content).hexdigest())


def judge(track: Track, data: Path, train: Path | None, seed: int) -> Judged:
    """Run the backtest; values that a track cannot use are told with the file they stand in."""
    rows, past = read_rows(data, track), None if train is None else read_rows(train, track)
    try:
        result = track.backtest(rows.frame.copy(), None if past is None else past.frame.copy(), seed)
    except TrackDataError as error:
        where = f"{data}" if train is None else f"{data} or {train}"
        raise ConfigurationError(f"{where} cannot be judged: {error}", GUIDE) from error
    return Judged(track, seed, rows, past, result)


def write_whole(path: Path, content: bytes) -> None:
    """Put the content there in one step: a reader finds all of it, or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _plain(scores: Mapping[str, Score]) -> dict[str, dict[str, float]]:
    return {name: asdict(score) for name, score in scores.items()}


def _records(predictions: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain values: days as text, what is not known as null."""
    frame = predictions.copy()
    for column in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[column]):
            frame[column] = frame[column].dt.strftime("%Y-%m-%d")
    frame = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
