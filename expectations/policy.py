"""What a finding leads to: the rule states how severe it is, the governance mode decides its effect.

The warehouse asks here which modes cost a project its trust; the decision stands in one place.
"""

from __future__ import annotations

from typing import Literal

from expectations.catalog import Severity

Mode = Literal["supportive", "controlling", "directive"]
Effect = Literal["advise", "distrust", "withhold"]
MODES: tuple[Mode, ...] = ("supportive", "controlling", "directive")
CRITICAL_EFFECTS: dict[Mode, Effect] = {"supportive": "advise", "controlling": "distrust", "directive": "withhold"}


def effect(mode: Mode, severity: Severity) -> Effect:
    """advise: nothing is withheld; distrust: marked not trusted everywhere; withhold: the new numbers are held back."""
    return CRITICAL_EFFECTS[mode] if severity == "critical" else "advise"


def advising_modes() -> tuple[Mode, ...]:
    """The modes in which even a critical finding only advises."""
    return tuple(mode for mode in MODES if effect(mode, "critical") == "advise")
