"""Sets down in the ledger which rules hold, so that the warehouse can tell a result what it was judged by.

The catalogue is said once, and again only when it has changed; the warehouse never reads the rule files themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expectations.catalog import Rule
from pipelines.clock import stamp, without_zone

if TYPE_CHECKING:
    from pipelines.resources.ledger import Ledger

LEDGER_TABLE = "rule"


def record_rules(ledger: Ledger, rules: Sequence[Rule], now: datetime) -> bool:
    """Append the catalogue unless it is what was said last; tells whether it was appended."""
    rows = [_row(rule) for rule in rules]
    edition = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]
    said = [name for name in ledger.store.names(LEDGER_TABLE) if name[:1].isdigit()]
    if said and max(said).endswith(f"-{edition}.parquet"):
        return False
    moment = ledger.after_last(LEDGER_TABLE, now)
    at = without_zone(moment)
    entry = f"{stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))}-{edition}"
    return ledger.append(LEDGER_TABLE, [row | {"edition": edition, "known_from": at} for row in rows], entry)


def _row(rule: Rule) -> dict[str, Any]:
    bounds = {name: getattr(rule, name) for name in ("max_age_days", "max_days_ahead", "grace_days")}
    return {
        "rule_id": rule.id,
        "title": rule.title,
        "gate": rule.gate,
        "table_name": rule.table,
        "expectation": rule.expect,
        "column_names": ", ".join(rule.columns),
        "arguments": json.dumps(dict(rule.kwargs) | {k: v for k, v in bounds.items() if v}, sort_keys=True),
        "condition": rule.where.text if rule.where else None,
        "severity": rule.severity,
        "family": rule.family,
        "owner": rule.owner,
        "why": rule.why,
        "fix": rule.fix,
    }
