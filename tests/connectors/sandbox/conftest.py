"""The standard portfolio, simulated once for all tests that only look at it."""

from __future__ import annotations

import pytest

from connectors.sandbox.portfolio.simulator import Simulator


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    """Forty projects up to the present; a test that moves or edits it takes one of its own."""
    return Simulator()
