"""Quoting for the few SQL texts that the resources compose."""

from __future__ import annotations


def literal(value: object) -> str:
    """A text constant of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted name of SQL."""
    return '"' + name.replace('"', '""') + '"'
