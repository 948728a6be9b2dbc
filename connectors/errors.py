"""One family of errors, each with its remedy, so that every failure reads: what, where, what to do."""

from __future__ import annotations

from datetime import datetime


class SourceError(Exception):
    """A sync cannot go on. `remedy` tells the operator what to do; neither text ever holds a secret."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigurationError(SourceError):
    """A setting is missing, unreadable or contradicts another."""


class AuthenticationError(SourceError):
    """The source refused who we are (401) or what we may see (403)."""


class UnreachableError(SourceError):
    """No answer: wrong address, server down, time-out, or retries used up."""


class ProtocolError(SourceError):
    """The source answered with something it should not have (HTML, broken JSON, repeated page token)."""


class GoneError(SourceError):
    """The interface no longer exists at the source (410)."""


class DeferredError(SourceError):
    """A quota is used up: come back at `resume_at`. Nothing is lost; the checkpoint stands."""

    exit_code = 3

    def __init__(self, message: str, remedy: str = "", resume_at: datetime | None = None) -> None:
        super().__init__(message, remedy)
        self.resume_at = resume_at
