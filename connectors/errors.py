"""One family of errors, each with its remedy, so that every failure reads: what, where, what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Final


class SourceError(Exception):
    """A sync cannot go on. `remedy` tells the operator what to do; neither text ever holds a secret.

    `status` is the HTTP status that said so, where one did.
    """

    exit_code = 1
    status: int | None = None

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


class ForbiddenError(AuthenticationError):
    """Who we are is known; what we asked for is not ours to see (403)."""


class NotFoundError(SourceError):
    """Nothing is there, or nothing that we may see (404)."""


class RefusedError(SourceError):
    """The source understood the request and declined it (400, 413, 422 ...)."""


class UnreachableError(SourceError):
    """No answer: wrong address, server down, time-out, or retries used up."""


class HeavyError(UnreachableError):
    """The answer did not come whole or in time: asking for less at once may help."""


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


class HookError(SourceError):
    """A webhook that is not to be believed; `reason` is for our log, never for the sender."""

    status = 401

    def __init__(self, reason: str, *, is_late: bool = False) -> None:
        super().__init__(reason)
        self.is_late = is_late  # by our clock, which may be the one that is wrong


class HookFormError(HookError):
    """A genuine webhook that makes no sense."""

    status = 400


_INK: Final = "".join(map(chr, range(33, 127)))  # what words, and secrets, are written in

_BY_STATUS: dict[int, tuple[type[SourceError], str]] = {
    401: (
        AuthenticationError,
        "Check the e-mail address and the token: it may be mistyped, expired or revoked; "
        "a token with scopes works only on the gateway address.",
    ),
    403: (ForbiddenError, "Give the account the permission to see this, or leave it out of the settings."),
    404: (NotFoundError, "Check the address: it must be the site's root, without a path behind it."),
    410: (GoneError, "The source has withdrawn this interface: update Slipstream."),
}


def brief(text: str, longest: int) -> str:
    """At most so much of somebody's words, and whole ones: half a secret would not be known for one."""
    return text if len(text) <= longest else text[:longest].rstrip(_INK).rstrip()


def refusal(status: int, where: str, said: str = "") -> SourceError:
    """The error for an HTTP status that no retry will mend; `said` is the source's own explanation."""
    words = f": {said}" if said else "."
    message = f"{where} answered {status}{words}"
    if 300 <= status < 400:
        return ProtocolError(message, "The address redirects elsewhere: give the final one (https, the site's root).")
    kind, remedy = _BY_STATUS.get(
        status, (RefusedError, "The source declined the request: its words above say why; check filters and settings.")
    )
    error = kind(message, remedy)
    error.status = status
    return error
