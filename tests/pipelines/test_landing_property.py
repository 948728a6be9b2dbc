"""Whatever is written, crashes or commits in whatever order: readers see exactly the committed records."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.source import Batch, Outcome
from pipelines.resources import landing_parts
from pipelines.resources.landing import Landing
from pipelines.resources.landing_writer import SyncWriter

SITES = ("a", "b")
STREAMS = ("issue", "sprint")

writes = st.tuples(st.just("write"), st.sampled_from(SITES), st.sampled_from(STREAMS), st.integers(1, 4))
others = st.tuples(st.sampled_from(["finish", "commit", "crash", "abort", "restart"]), st.sampled_from(SITES))
steps = st.lists(writes | others, max_size=25)


@dataclass
class Model:
    """What ought to be there, kept in plain Python beside the real thing."""

    landing: Landing
    writers: dict[str, SyncWriter] = field(default_factory=dict)
    pending: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    committed: list[tuple[str, str, str]] = field(default_factory=list)
    checkpoints: dict[str, dict[str, int]] = field(default_factory=dict)
    count: int = 0

    def writer(self, site: str) -> SyncWriter:
        if site not in self.writers:
            self.writers[site], self.pending[site] = self.landing.begin("jira", site), []
        return self.writers[site]

    def write(self, site: str, stream: str, records: int) -> None:
        if self.writer(site)._files is not None:
            return  # finished: only commit, abort or a crash may follow
        batch = Batch(stream)
        for _ in range(records):
            self.count += 1
            batch.add(str(self.count), b'{"n": 1}')
            self.pending[site].append((site, stream, str(self.count)))
        self.writers[site].write(batch)

    def finish(self, site: str) -> None:
        self.writer(site).finish(Outcome({}, "complete"))

    def commit(self, site: str) -> None:
        self.count += 1
        self.writer(site).commit(Outcome({"n": self.count}, "complete"))
        self.checkpoints[site] = {"n": self.count}
        self.committed += self.pending.pop(site)
        del self.writers[site]

    def crash(self, site: str) -> None:
        """The process is gone: nobody tidies up."""
        writer = self.writers.pop(site, None)
        if writer is not None:
            writer._wait()
            for part in writer._parts.values():
                part.abandon()

    def abort(self, site: str) -> None:
        if site in self.writers:
            self.writers.pop(site).abort()

    def restart(self, site: str) -> None:
        """The next sync of a site tidies up first; its lock says that no other is at work."""
        self.crash(site)
        self.landing.discard_uncommitted("jira", site)

    def seen(self) -> list[tuple[str, str, str]]:
        rows = []
        for commit in self.landing.commits():
            for file in commit.files:
                keys = pq.read_table(self.landing.address(file)).column("_key").to_pylist()
                rows += [(commit.site, file.stream, key) for key in keys]
        return rows


@settings(max_examples=60, deadline=None)
@given(steps)
def test_readers_see_exactly_what_was_committed(sequence: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(landing_parts, "ROW_GROUP_BYTES", 900):
        model = Model(Landing(Path(folder) / "landing"))
        for name, *arguments in sequence:
            getattr(model, str(name))(*arguments)
            assert sorted(model.seen()) == sorted(model.committed)
        for site in SITES:
            assert model.landing.checkpoint("jira", site) == model.checkpoints.get(site)
            model.restart(site)
        assert sorted(model.seen()) == sorted(model.committed)
        assert model.landing.verify() == []
        landed = [p for p in Path(folder).rglob("*.parquet")]
        assert len(landed) == sum(len(commit.files) for commit in model.landing.commits())
