"""The 44 cases that the Jira connector must survive are tests by number."""

from __future__ import annotations

import re
from pathlib import Path

CASES = 44
NAMED = re.compile(r"^def (test_case_(\d\d)_\w+)\(", re.MULTILINE)


def test_each_case_has_a_test_by_its_number(root: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / "tests/connectors/jira/cases").glob("*.py"))]
    found = {int(number) for text in texts for _, number in NAMED.findall(text)}
    assert sorted(set(range(1, CASES + 1)) - found) == []
    assert found <= set(range(1, CASES + 1))


def test_no_two_cases_in_a_file_share_a_name(root: Path) -> None:
    for path in sorted((root / "tests/connectors/jira/cases").glob("*.py")):
        names = [name for name, _ in NAMED.findall(path.read_text(encoding="utf-8"))]
        assert len(names) == len(set(names)), path.name
