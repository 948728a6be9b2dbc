"""What holds for all tests: the profiles of hypothesis, and helpers whose assertions explain themselves."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("nightly", max_examples=1_000, deadline=None)  # --hypothesis-profile=nightly
pytest.register_assert_rewrite("tests.connectors.jira.machine")
