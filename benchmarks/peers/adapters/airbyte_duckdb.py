"""airbyte-source-jira driven by PyAirbyte into its DuckDB cache, each in an environment of its own.

The last source on PyPI (4.0.0) asks the search that Jira Cloud has removed, so as it is it delivers nothing. To have
something to compare, `run` moves its issues stream to the search by token, at a hundred a page, by its own manifest's
means. `BENCH_AS_PUBLISHED=1` leaves it as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from protocol import Jira, Row, main

_TOKEN_PAGING = {
    "type": "DefaultPaginator",
    "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "maxResults"},
    "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "nextPageToken"},
    "pagination_strategy": {
        "type": "CursorPagination",
        "cursor_value": "{{ response.get('nextPageToken') }}",
        "stop_condition": "{{ not response.get('nextPageToken') }}",
        "page_size": 100,
    },
}


def run(site: Jira, out: Path) -> int:
    import airbyte

    source_python = Path(sys.prefix).parent / "airbyte-source-jira" / "bin" / "python"
    command = out / "source-jira"
    command.write_text(f'#!/bin/sh\nexec "{source_python}" "{Path(__file__).absolute()}" source "$@"\n')
    command.chmod(0o755)
    config = {"domain": site.url.removeprefix("http://"), "email": site.email, "api_token": site.token}
    source = airbyte.get_source("source-jira", local_executable=command, config=config, streams=["issues"])
    cache = airbyte.caches.DuckDBCache(db_path=out / "peer.duckdb", schema_name="landed")
    source.read(cache=cache)
    return 0


def source(arguments: list[str]) -> None:
    """The source's own command, with the issues stream moved."""
    import plain_http
    from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
    from source_jira.run import run as source_jira

    plain_http.allow()
    read = YamlDeclarativeSource._read_and_parse_yaml_file

    def moved(self: Any, path: str) -> Any:
        manifest = read(self, path)
        stream = manifest["definitions"]["issues_stream"]
        stream["$parameters"]["path"] = "search/jql"
        stream["retriever"]["paginator"] = _TOKEN_PAGING
        return manifest

    if not os.environ.get("BENCH_AS_PUBLISHED"):
        YamlDeclarativeSource._read_and_parse_yaml_file = moved
    sys.argv = ["source-jira", *arguments]
    source_jira()


def count(out: Path) -> Iterable[Row]:
    import duckdb

    if not (out / "peer.duckdb").exists():
        return
    with duckdb.connect(str(out / "peer.duckdb"), read_only=True) as db:
        tables = {name for (name,) in db.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        if "issues" in tables:
            yield from db.sql(
                "SELECT id, json_extract_string(changelog, '$.histories[*].id') FROM landed.issues"
            ).fetchall()


if __name__ == "__main__":
    if sys.argv[1] == "source":
        source(sys.argv[2:])
    else:
        main(run, count)
