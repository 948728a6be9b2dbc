"""tap-jira piped into target-duckdb: the Singer way, each in an environment of its own.

Only issues and changelogs are selected, which saves it the rest. Its page size (Jira's default, 50) and its pause of
10 ms between requests are fixed in its code; target-duckdb keeps its default batch of 100,000 rows. It was published
when DuckDB was at 1.1, and gets that: with 2.0.1 one of 14,775 history entries did not arrive (seen once).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from protocol import Jira, Row, main

_STREAMS = ("issues", "changelogs")


def run(site: Jira, out: Path) -> int:
    target = Path(sys.prefix).parent / "target-duckdb" / "bin" / "target-duckdb"
    config = {
        "base_url": site.url,
        "username": site.email,
        "password": site.token,
        "start_date": "1980-01-01T00:00:00Z",
        "user_agent": "bench-peers",
    }
    (out / "tap.json").write_text(json.dumps(config))
    (out / "target.json").write_text(json.dumps({"path": str(out / "peer.duckdb"), "default_target_schema": "landed"}))
    tap = subprocess.Popen([sys.executable, __file__, "tap", str(out)], stdout=subprocess.PIPE)
    loaded = subprocess.run([str(target), "--config", str(out / "target.json")], stdin=tap.stdout, check=False)
    return tap.wait() or loaded.returncode


def tap(out: Path) -> None:
    """tap-jira's own command, with the catalogue it discovers and the wanted streams selected in it."""
    from types import SimpleNamespace

    import plain_http
    import tap_jira
    from tap_jira.context import Context

    plain_http.allow()
    Context.client = SimpleNamespace(is_on_prem_instance=False)
    catalog = tap_jira.discover().to_dict()
    for stream in catalog["streams"]:
        whole = next(entry for entry in stream["metadata"] if not entry["breadcrumb"])
        whole["metadata"]["selected"] = stream["tap_stream_id"] in _STREAMS
    (out / "catalog.json").write_text(json.dumps(catalog))
    sys.argv = ["tap-jira", "--config", str(out / "tap.json"), "--properties", str(out / "catalog.json")]
    tap_jira.main()


def count(out: Path) -> Iterable[Row]:
    import duckdb

    if not (out / "peer.duckdb").exists():
        return
    with duckdb.connect(str(out / "peer.duckdb"), read_only=True) as db:
        tables = {name for (name,) in db.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        if tables.issuperset(_STREAMS):
            yield from db.sql("""
                WITH entry AS (SELECT issueid, list(id) AS ids FROM landed.changelogs GROUP BY issueid)
                SELECT i.id, coalesce(e.ids, []) FROM landed.issues i LEFT JOIN entry e ON e.issueid = i.id
            """).fetchall()


if __name__ == "__main__":
    if sys.argv[1] == "tap":
        tap(Path(sys.argv[2]))
    else:
        main(run, count)
