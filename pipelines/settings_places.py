"""Where landing, ledger and warehouse lie: folders below the home, or an object store and a shared catalogue where set.

Reads what `settings.py` hands it; who may open them is told by AWS's and Postgres's own variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from connectors.errors import ConfigurationError

Target = Literal["embedded", "ducklake"]
TARGETS = ("embedded", "ducklake")
OBJECTS = "s3://"
_BUCKET_AND_PREFIX = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(?:/[^\s?#*@\[\]{}]*)?")


@dataclass(frozen=True)
class Catalogue:
    """A Postgres database that holds the shared catalogue, and the place of the tables' files."""

    connection: tuple[tuple[str, str], ...]
    """libpq's keywords; without a password here, libpq looks for one (PGPASSWORD, PGPASSFILE)."""
    password: str = field(repr=False)
    files: str
    """Folder or URL below which DuckLake keeps the tables' Parquet."""

    @property
    def dsn(self) -> str:
        """libpq's form of it, without the password."""
        return " ".join(f"{name}='{_escaped(value)}'" for name, value in self.connection)

    def __str__(self) -> str:
        """As errors name it."""
        known = dict(self.connection)
        return f"{known['dbname']} on {known['host']}:{known.get('port', '5432')}"


@dataclass(frozen=True)
class Places:
    """What the environment says of places; None: below the home."""

    landing: Path | str | None = None
    ledger: Path | str | None = None
    target: Target = "embedded"
    catalogue: Catalogue | None = None

    @property
    def has_objects(self) -> bool:
        """Whether DuckDB must read or write an object store."""
        files = self.catalogue.files if self.catalogue else ""
        return any(str(place).startswith(OBJECTS) for place in (self.landing, self.ledger, files))


def read_places(env: Mapping[str, str], home: Path) -> Places:
    """The places; what cannot be one is a ConfigurationError that repeats no secret."""
    target = (env.get("SLIPSTREAM_TARGET") or "embedded").strip().lower()
    if target not in TARGETS:
        raise ConfigurationError(f"SLIPSTREAM_TARGET is '{target}'.", f"It may be {' or '.join(TARGETS)}.")
    return Places(
        _place(env, "SLIPSTREAM_LANDING"),
        _place(env, "SLIPSTREAM_LEDGER"),
        cast(Target, target),
        _catalogue(env, home) if target == "ducklake" else None,
    )


def _place(env: Mapping[str, str], name: str) -> Path | str | None:
    text = env.get(name, "").strip()
    if not text:
        return None
    if "://" not in text:
        return Path(text).expanduser().absolute()
    if not _BUCKET_AND_PREFIX.fullmatch(text):
        raise ConfigurationError(
            f"{name} is neither a folder nor an address of the form s3://bucket/prefix.",
            "Credentials do not belong in it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Other object stores are "
            "reached by their S3 interface, with AWS_ENDPOINT_URL.",
        )
    return text.rstrip("/")


def _catalogue(env: Mapping[str, str], home: Path) -> Catalogue:
    text = env.get("SLIPSTREAM_CATALOGUE", "").strip()
    if not text:
        raise ConfigurationError(
            "SLIPSTREAM_TARGET is 'ducklake', but SLIPSTREAM_CATALOGUE is missing.", f"Set it to {_FORM}."
        )
    try:
        parts = urlsplit(text)
        given = _connection(parts)
    except ValueError:
        given = {}
    if not given:
        raise ConfigurationError("SLIPSTREAM_CATALOGUE is no address of a Postgres database.", f"Set it to {_FORM}.")
    files = _place(env, "SLIPSTREAM_LAKE") or home / "lake"
    return Catalogue(tuple(given.items()), unquote(parts.password or ""), str(files))


_FORM = "postgresql://user@host:5432/database, with the password in PGPASSWORD"


def _connection(parts: SplitResult) -> dict[str, str]:
    """libpq's keywords of an address; empty where it is none."""
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not database or "/" in database:
        return {}
    port = {"port": str(parts.port)} if parts.port else {}
    user = {"user": unquote(parts.username)} if parts.username else {}
    more = dict(parse_qsl(parts.query))
    if not all(re.fullmatch(r"[a-z_]+", name) for name in more) or "password" in more:
        return {}
    return {"host": parts.hostname, **port, "dbname": database, **user, **more}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
