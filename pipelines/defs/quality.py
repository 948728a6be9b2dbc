"""The two gates: governance rules as asset checks on the tables they judge, results into the ledger."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

import dagster as dg

from expectations import catalog
from pipelines import policies
from pipelines.keys import EXPECTATION_RESULT, OUTPUT_EXPECTATION_RESULT, RULE, table_key
from pipelines.line import Line
from pipelines.stages import gate

Gate = Literal["input", "output"]
TABLE_CHECK = "rules_could_be_evaluated"
LEDGER = {"input": EXPECTATION_RESULT, "output": OUTPUT_EXPECTATION_RESULT}


def _checks(rules: list[catalog.Rule], result: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    specs = [
        dg.AssetCheckSpec(
            rule.id,
            asset=table_key(rule.table),
            description=f"{rule.why} To mend: {rule.fix}",
            metadata={"severity": rule.severity, "family": rule.family, "expectation": rule.expect},
        )
        for rule in rules
    ]
    whole_table = dg.AssetCheckSpec(
        TABLE_CHECK,
        asset=result,
        blocking=True,
        description="Every rule found its table and columns; without that no finding can be trusted.",
    )
    return [*specs, whole_table]


def gate_assets(name: Gate, rules: list[catalog.Rule]) -> dg.AssetsDefinition:
    """One gate: an asset (the results) and a check for each of its rules on the table judged."""
    key = LEDGER[name]
    spec = dg.AssetSpec(
        key,
        deps=sorted({table_key(rule.table) for rule in rules}),
        group_name="quality",
        kinds={"greatexpectations", "parquet"},
        owners=[policies.PMO],
        automation_condition=policies.ON_CHANGE,
        description=f"Results of the {name} gate's governance rules, one row a rule and project, append-only.",
    )

    catalogue = dg.AssetSpec(
        RULE,
        group_name="quality",
        kinds={"parquet"},
        owners=[policies.PMO],
        automation_condition=policies.ON_CHANGE,
        description="The governance rules, said anew whenever the catalogue has changed.",
    )
    told = [spec, catalogue] if name == "input" else [spec]

    @dg.multi_asset(name=f"gate_{name}", specs=told, check_specs=_checks(rules, key), allow_arbitrary_check_specs=True)
    def _gate(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        report = gate.run_gate(
            line.warehouse,
            line.ledger,
            line.settings,
            line.moment,
            context.run.run_id,
            gate=name,
            progress=line.tell,
            compute=line.compute,
        )
        yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": len(report.results)})
        if name == "input":
            yield dg.MaterializeResult(asset_key=RULE)
        yield from _results(report, rules, key)

    return _gate


def _results(report: gate.GateReport, rules: list[catalog.Rule], key: dg.AssetKey) -> Iterator[dg.AssetCheckResult]:
    by_rule = defaultdict(list)
    for result in report.results:
        by_rule[result.rule_id].append(result)
    for rule in rules:
        failed = [r for r in by_rule[rule.id] if not r.is_met]
        yield dg.AssetCheckResult(
            asset_key=table_key(rule.table),
            check_name=rule.id,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if rule.severity == "critical" else dg.AssetCheckSeverity.WARN,
            metadata={
                "projects_judged": len(by_rule[rule.id]),
                "projects_failing": len(failed),
                "failing_keys": [k for r in failed for k in r.failing_keys][:50],
                "why": rule.why,
                "fix": rule.fix,
            },
        )
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name=TABLE_CHECK,
        passed=not report.blocking_errors,
        metadata={"errors": list(report.blocking_errors)},
    )


def definitions() -> dg.Definitions:
    """The input gate (marts, before forecasts) and the output gate (reporting, before publish)."""
    rules = catalog.load()
    gates: tuple[Gate, Gate] = ("input", "output")
    return dg.Definitions(assets=[gate_assets(name, [r for r in rules if r.gate == name]) for name in gates])
