"""Figures without their intervals: what the fast tests look at does not need whole clusters drawn again 400 times."""

from __future__ import annotations

import pytest

from models.tracks.capital import model as capital_model
from models.tracks.capital import track as capital_track
from models.tracks.gmpp import track as gmpp_track
from models.tracks.throughput import track as throughput_track
from models.tracks.track import Score, clustered


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(statistic: object, clusters: object, seed: int) -> Score:
        return clustered(statistic, clusters, seed, draws=2)  # type: ignore[arg-type]

    for module in (capital_track, gmpp_track, throughput_track):
        monkeypatch.setattr(module, "clustered", quick)
    monkeypatch.setattr(throughput_track, "BOOTSTRAP_DRAWS", 100)
    monkeypatch.setattr(capital_model, "TREES", 15)
    monkeypatch.setattr(capital_model, "FOLD_TREES", 3)
