"""What a finding leads to: the rule states how severe it is, the governance mode decides its effect."""

from __future__ import annotations

from typing import Literal

from expectations.catalog import Severity

Mode = Literal["supportive", "controlling", "directive"]
Effect = Literal["advise", "distrust", "withhold"]
MODES: tuple[Mode, ...] = ("supportive", "controlling", "directive")
CRITICAL_EFFECTS: dict[Mode, Effect] = {"supportive": "advise", "controlling": "distrust", "directive": "withhold"}


def mode_of(portfolio: Mode, programme: str | None = None, project: str | None = None) -> Mode:
    """The mode that counts: the project's own, else its programme's, else the portfolio's."""
    for own in (project, programme):
        for mode in MODES:
            if own == mode:
                return mode
    return portfolio


def effect(mode: Mode, severity: Severity) -> Effect:
    """advise: nothing is withheld; distrust: marked not trusted everywhere; withhold: the last good numbers stay."""
    return CRITICAL_EFFECTS[mode] if severity == "critical" else "advise"


def is_trusted(mode: Mode, unmet: list[Severity]) -> bool:
    """Whether a project's numbers stand, given the severities of what it does not meet."""
    return all(effect(mode, severity) == "advise" for severity in unmet)
