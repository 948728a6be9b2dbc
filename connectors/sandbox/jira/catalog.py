"""The metadata of a site as ready JSON: what the small endpoints list, and what snapshots are taken of."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.sandbox.jira.references import Doc


@dataclass
class Catalog:
    """Documents as Jira shows them with everything expanded; endpoints leave out what was not asked for."""

    fields: list[Doc] = field(default_factory=list)
    listed_fields: frozenset[str] = frozenset()  # ids that only the plain list tells
    searched_fields: frozenset[str] = frozenset()  # ids that only the search tells
    statuses: list[Doc] = field(default_factory=list)
    issue_types: list[Doc] = field(default_factory=list)
    priorities: list[Doc] = field(default_factory=list)
    resolutions: list[Doc] = field(default_factory=list)
    link_types: list[Doc] = field(default_factory=list)
    users: list[Doc] = field(default_factory=list)
    projects: list[Doc] = field(default_factory=list)
    browsable: set[str] = field(default_factory=set)  # ids of projects whose issues the API user may see
    secured: set[str] = field(default_factory=set)  # ids of projects with levels of issue security
    properties: dict[str, dict[str, Doc]] = field(default_factory=dict)  # project id → property key → value
    versions: dict[str, list[Doc]] = field(default_factory=dict)  # project id → versions
    boards: list[Doc] = field(default_factory=list)
    columns: dict[int, list[Doc]] = field(default_factory=dict)  # board id → columns of its configuration
    sprints: dict[int, list[Doc]] = field(default_factory=dict)  # board id → sprints
    worklogs: dict[str, Doc] = field(default_factory=dict)
    worklogs_gone: dict[str, int] = field(default_factory=dict)  # worklog id → when it was deleted (millis)
