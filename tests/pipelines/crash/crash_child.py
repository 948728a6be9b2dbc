"""The process that is killed: one sync or one publish of a small, known world (started by the crash tests)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.source import Batch, Completeness, Finding, Item, Outcome, Rejected, SiteConfig, Stream
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings, load
from pipelines.stages.publish import publish
from pipelines.stages.sync import sync_site

SITE = SiteConfig("jira", "main", {})
VIRTUAL = datetime(2024, 5, 6, tzinfo=UTC)


class Counting:
    """Holds the records 1 to `last`; gives those after the checkpoint."""

    type, site = "jira", "main"
    streams = (Stream("issue", "id", {}),)

    def __init__(self, last: int) -> None:
        self.last = last

    def sync(self, checkpoint: Mapping[str, Any] | None, *, full: bool = False) -> Iterator[Item]:
        first = 0 if full or checkpoint is None else checkpoint["cursor"]
        for number in range(first + 1, self.last + 1):
            batch = Batch("issue")
            batch.add(str(number), b'{"n": %d}' % number)
            yield batch
        yield Rejected("issue", "row 1", "bad", "raw")
        proof = Completeness("1", "ABC", "issue", self.last, self.last, "complete")
        server_time = VIRTUAL + timedelta(days=self.last)  # virtual time moves on, so known times must be settled
        yield Outcome({"cursor": self.last}, "complete", (proof,), server_time=server_time)

    def changed(self, checkpoint: Mapping[str, Any] | None) -> bool:
        return True

    def check(self) -> list[Finding]:
        return []


def sync(settings: Settings, last: int) -> None:
    sync_site(settings, SITE, source=Counting(last))


def release(settings: Settings, number: int) -> None:
    """Stamp the tables with a number, then publish them."""
    with Warehouse.of(settings).write("test") as connection:
        for schema, table in (("marts", "a"), ("marts", "b"), ("reporting", "c")):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(
                f"CREATE OR REPLACE TABLE {schema}.{table} AS FROM repeat_row({number}, num_rows=1000) t(n)"
            )
    publish(settings, as_of=VIRTUAL, pages={"index.html": lambda _: f"<p>{number}</p>"})


if __name__ == "__main__":
    places = {name: value for name, value in os.environ.items() if name in ("SLIPSTREAM_LANDING", "SLIPSTREAM_LEDGER")}
    config = load({**places, "SLIPSTREAM_HOME": str(Path(sys.argv[2])), "SLIPSTREAM_LOCK_WAIT": "30"})
    {"sync": sync, "publish": release}[sys.argv[1]](config, int(sys.argv[3]))
