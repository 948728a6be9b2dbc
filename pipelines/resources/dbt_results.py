"""What dbt says of a build, in our own terms: what became of each node, and the one error for all that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import SourceError

UNCHANGED = "unchanged"
"""The status of a table that was not built again, and of its tests: nothing they read has changed since."""
OK_STATUSES = frozenset({"success", "pass", "warn", "no-op", UNCHANGED})


class DbtError(SourceError):
    """dbt could not read the project or build a table."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test."""

    unique_id: str
    resource_type: str
    status: str
    seconds: float
    rows_affected: int | None
    message: str
    failures: int | None
    relation: str | None
    compiled: str | None = None
    row_count: int | None = None

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]

    @property
    def ok(self) -> bool:
        return self.status in OK_STATUSES


@dataclass(frozen=True)
class BuildResult:
    """All nodes of one invocation, in the order they finished."""

    nodes: tuple[NodeResult, ...] = ()

    @property
    def ok(self) -> bool:
        return all(node.ok for node in self.nodes)

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if not node.ok)

    def raise_if_failed(self) -> None:
        """One error for all: the first failing node with its message and the SQL that failed."""
        if self.ok:
            return
        first, *others = sorted(self.failed, key=lambda node: node.status == "skipped")
        more = f" ({len(others)} more failed.)" if others else ""
        where = f" Its SQL: {first.compiled}." if first.compiled else ""
        raise DbtError(f"{first.name}: {' '.join(first.message.split())}{more}", f"{_remedy(first)}{where}")


def _remedy(node: NodeResult) -> str:
    if node.resource_type == "test":
        return "The data breaks a promise of the warehouse; nothing downstream of it was built."
    return "Nothing downstream of it was built; the next run takes up from here."


def teller(on_node: Callable[[NodeResult], None] | None) -> Sequence[Callable[[Any], None]]:
    """What dbt is to call at every event, so that each finished node is told."""
    if on_node is None:
        return ()
    tell = on_node

    def listen(event: Any) -> None:
        if event.info.name == "NodeFinished":
            info = event.data.node_info
            tell(
                NodeResult(
                    unique_id=info.unique_id,
                    resource_type=info.resource_type,
                    status=str(info.node_status),
                    seconds=float(event.data.run_result.execution_time),
                    rows_affected=None,
                    message=event.data.run_result.message,
                    failures=event.data.run_result.num_failures or None,
                    relation=info.node_relation.relation_name or None,
                )
            )

    return (listen,)


def node_result(result: Any) -> NodeResult:
    """What became of a node, from what dbt returns."""
    node = result.node
    compiled = getattr(node, "compiled_path", None)
    return NodeResult(
        unique_id=node.unique_id,
        resource_type=str(node.resource_type),
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        rows_affected=(result.adapter_response or {}).get("rows_affected"),
        message=result.message or "",
        failures=result.failures,
        relation=getattr(node, "relation_name", None),
        compiled=str(compiled) if compiled else None,
    )


def text_of(error: BaseException | None) -> str:
    """The message of an error on one line."""
    return " ".join(str(error or "no reason given").split())
