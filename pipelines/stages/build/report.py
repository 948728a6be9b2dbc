"""What one build of a layer did, told to a person and to scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from pipelines.resources.dbt_results import UNCHANGED, BuildResult


@dataclass(frozen=True)
class BuildReport(BuildResult):
    """What one layer's build did."""

    layer: str = ""
    as_of: datetime | None = None
    seconds: float = 0.0
    why_full: str = ""

    def summary(self) -> str:
        """One sentence for a person."""
        built = [node for node in self.nodes if node.ok and node.status != UNCHANGED]
        models = [node for node in built if node.resource_type == "model"]
        tests = [node for node in built if node.resource_type == "test"]
        same = sum(node.resource_type == "model" and node.status == UNCHANGED for node in self.nodes)
        unchanged = f", {same} unchanged" if same else ""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        full = f"; in full: {self.why_full}" if self.why_full else ""
        return (
            f"{self.layer}: {len(models)} tables, {len(tests)} tests{unchanged}{failed} in {self.seconds:.1f} s{full}"
        )

    def to_json(self) -> str:
        """The figures for scripts: `model_seconds` is the sum of the models' own times, tests apart."""
        models = {node.name: node for node in self.nodes if node.resource_type == "model"}
        figures = {
            "layer": self.layer,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "seconds": self.seconds,
            "model_seconds": round(sum(node.seconds for node in models.values()), 3),
            "tests": sum(node.resource_type == "test" for node in self.nodes),
            "why_full": self.why_full,
            "rows": {name: node.row_count for name, node in sorted(models.items())},
        }
        return json.dumps(figures)
