"""Few draws and small forests: tests of tracks look at predictions and values, and in full size they take minutes."""

from __future__ import annotations

from functools import partial

import pytest

from models.tracks import probabilities
from models.tracks.capital import model as capital_model
from models.tracks.capital import track as capital_track
from models.tracks.gmpp import track as gmpp_track
from models.tracks.sprints import model, scores
from models.tracks.throughput import track as throughput_track
from models.tracks.track import clustered


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (probabilities, scores):
        monkeypatch.setattr(module, "clustered", partial(clustered, draws=3))
    monkeypatch.setattr(model, "TREES", 40)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (capital_track, gmpp_track, throughput_track):
        monkeypatch.setattr(module, "clustered", partial(clustered, draws=2))
    monkeypatch.setattr(throughput_track, "BOOTSTRAP_DRAWS", 100)
    monkeypatch.setattr(capital_model, "TREES", 15)
    monkeypatch.setattr(capital_model, "FOLD_TREES", 3)
