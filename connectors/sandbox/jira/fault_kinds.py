"""The one list of faults by name; each family has a module of its own."""

from __future__ import annotations

from connectors.sandbox.jira import fault_omissions, fault_pages, fault_refusals, fault_transport
from connectors.sandbox.jira.fault_base import Fault

KINDS: dict[str, type[Fault]] = {
    **fault_refusals.KINDS,
    **fault_transport.KINDS,
    **fault_pages.KINDS,
    **fault_omissions.KINDS,
}
