"""The shipped rules are complete, and a wrong rule is refused with file, line and remedy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from expectations import catalog, policy
from expectations.catalog import CatalogError

GOOD = """\
table: marts.dim_project
gate: input
owner: team:pmo
key: project_key
rules:
  - id: has_sponsor
    expect: expect_column_values_to_not_be_null
    column: sponsor_name
    where: phase = 'active'
    severity: critical
    family: completeness
    why: Nobody decides.
    fix: Set it.
"""


def load(folder: Path, text: str) -> tuple[catalog.Rule, ...]:
    (folder / "dim_project.yml").write_text(text, encoding="utf-8")
    return catalog.load(folder)


def test_shipped_rules_cover_the_families_and_both_gates() -> None:
    rules = catalog.load()
    assert len(rules) >= 15
    assert {"completeness", "timeliness", "consistency", "truthfulness", "flow"} <= {rule.family for rule in rules}
    assert Counter(rule.gate for rule in rules).keys() == {"input", "output"}
    assert {rule.id for rule in rules if rule.severity == "critical"} >= {
        "active_project_has_sponsor",
        "active_project_has_baseline",
    }


def test_no_output_rule_is_critical_because_it_would_withhold_its_own_evidence() -> None:
    assert [rule.id for rule in catalog.load() if rule.gate == "output" and rule.severity == "critical"] == []


def test_rule_reads_its_column_its_condition_its_key_and_its_project(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, GOOD)
    assert rule.reads == {"sponsor_name", "phase", "project_key", "project_id"}
    assert (rule.owner, rule.title) == ("team:pmo", "Has sponsor")
    assert catalog.columns_by_table([rule]) == {"marts.dim_project": rule.reads}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("_not_be_null", "_be_not_null", "line 6, rule 'has_sponsor'.*not an expectation.*Did you mean"),
        ("severity: critical", "severity: high", "'severity' is 'high'. It may be critical"),
        ("severity: critical", "severty: critical", "'severty' is unknown. Did you mean 'severity'"),
        ("    why: Nobody decides.\n", "", "'why' is missing"),
        ("family: completeness", "family: other", "'family' is 'other'"),
        ("phase = 'active'", "phase 'active'", "where: a comparison"),
        ("gate: input", "gate: middle", "'gate' is 'middle'"),
        ("column: sponsor_name", "columns: [a, b]", r"needs 1 column\(s\)"),
        ("column: sponsor_name", "column: sponsor_name\n    kwargs: {min_value: 1}", "no argument 'min_value'"),
        ("column: sponsor_name", "column: sponsor_name\n    max_age_days: 3", "'max_age_days' does not fit"),
        ("column: sponsor_name", "column: sponsor_name\n    grace_days: -1", "'grace_days' is -1"),
        ("values_to_not_be_null", "values_to_be_between", "nothing is bounded"),
        ("values_to_not_be_null", "values_to_be_in_set", "needs 'value_set'"),
        ("severity: critical", "severity: critical\n    severity: info", "'severity' is given twice"),
        ("rules:", "rules: [", "line"),
        ("owner: team:pmo\n", "", "'owner' is missing"),
        ("id: has_sponsor", "id: Has a sponsor", "'Has a sponsor' is not a plain name"),
        ("marts.dim_project", "dim_project", "'dim_project' is not a plain name"),
        ("rules:\n", "rules:\n  - nonsense\n", "not a mapping"),
    ],
)
def test_wrong_rule_is_refused_with_its_place_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CatalogError, match=message) as refusal:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert "dim_project.yml" in refusal.value.message
    assert refusal.value.remedy


def test_same_rule_id_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(CatalogError, match="'has_sponsor' is used twice"):
        load(tmp_path, GOOD)


def test_empty_rules_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no rule"):
        catalog.load(tmp_path)


@pytest.mark.parametrize(
    ("mode", "critical"), [("supportive", "advise"), ("controlling", "distrust"), ("directive", "withhold")]
)
def test_mode_decides_what_a_critical_finding_does(mode: policy.Mode, critical: str) -> None:
    assert policy.effect(mode, "critical") == critical
    assert policy.effect(mode, "warning") == policy.effect(mode, "info") == "advise"
    assert (mode in policy.advising_modes()) is (critical == "advise")
