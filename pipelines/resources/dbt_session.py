"""dbt-duckdb's way to our connection settings: the plugin that both targets of profiles.yml name.

It has a plugin's methods without its base class, so that whoever reads this module need not load dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.resources import duckdb_session


class Plugin:
    """Prepares each connection as the warehouse's own are."""

    def __init__(self, name: str, plugin_config: Mapping[str, Any], credentials: Any = None) -> None:
        self.name = name
        self._shared_as = str(credentials.database) if credentials is not None and credentials.attach else ""
        self._session = duckdb_session.current("ducklake" if self._shared_as else "embedded")

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Nothing to add: profiles.yml says it."""

    def configure_connection(self, conn: Any) -> None:
        self._session.prepare(conn)

    def configure_cursor(self, cursor: Any) -> None:
        """Unqualified names are looked up in the shared catalogue, which is attached by now."""
        if self._shared_as:
            self._session.attach(cursor, self._shared_as)
