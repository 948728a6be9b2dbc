"""Few draws and small forests: tests of tracks look at predictions and values, and in full size they take minutes."""

from __future__ import annotations

from functools import partial

import pytest

from models.tracks import probabilities
from models.tracks.sprints import model, scores
from models.tracks.track import clustered


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (probabilities, scores):
        monkeypatch.setattr(module, "clustered", partial(clustered, draws=3))
    monkeypatch.setattr(model, "TREES", 40)
