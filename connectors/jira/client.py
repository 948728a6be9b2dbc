"""Sign-in through the `jira` package, its only import: who we are there, and what the site says of itself.

Everything bulky goes through `connectors.http`: the package has no bulk endpoints, parses slowly and retries
too little.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from connectors.errors import (
    AuthenticationError,
    ForbiddenError,
    ProtocolError,
    SourceError,
    UnreachableError,
    brief,
    refusal,
)
from connectors.http import retry_after, used_up
from connectors.jira.config import Settings
from connectors.source import Clock

_ATTEMPTS: Final = 3
_SECONDS: Final = 20.0
_TEMPORARY: Final = frozenset({408, 429, 500, 502, 503, 504})
_UNREACHABLE: Final = "Check the address, the network and whether the site is up; then try again."


class Identity(Protocol):
    """A signer for those who cannot wait in an event loop."""

    def header(self) -> str: ...

    def renew(self, refused: str) -> bool: ...


class Client:
    """Signs in; construction does no I/O."""

    def __init__(
        self,
        settings: Settings,
        version: str,
        clock: Clock,
        identity: Identity,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings, self._version = settings, version
        self._clock, self._sleep = clock, sleep
        self._identity = identity
        self._header = ""
        self._jira: Any = None
        self.requests = 0

    def server_info(self) -> dict[str, Any]:
        """What the site says of itself; asked without trusting that it is a Jira at all."""
        return self._call("serverInfo", lambda jira: jira.server_info())

    def myself(self) -> dict[str, Any]:
        me = self._call("myself", lambda jira: jira.myself())
        if not (me.get("accountId") or me.get("name")):  # the package makes {} of an empty body
            raise _no_jira(f"GET myself on {self._settings.address}")
        return me

    def close(self) -> None:
        if self._jira is not None:
            self._jira.close()
            self._jira = None

    def _connected(self) -> Any:
        if self._jira is None:
            from jira import JIRA  # costs 0.2 s: only when a site is really asked

            self._header = self._identity.header()
            self._jira = JIRA(
                server=self._settings.address,
                options={"rest_api_version": self._version, "check_update": False},
                **_credentials(self._header),
                get_server_info=False,
                max_retries=0,  # its own retries sleep for a minute and fail on an HTTP date
                timeout=min(_SECONDS, self._settings.timeout_seconds),
            )
        return self._jira

    def _call(self, name: str, ask: Callable[[Any], Any]) -> dict[str, Any]:
        where = f"GET /rest/api/{self._version}/{name} on {self._settings.address}"
        try:
            return self._tried(where, ask)
        except AuthenticationError as refused:
            if isinstance(refused, ForbiddenError) or not self._identity.renew(self._header):
                raise
        self.close()
        return self._tried(where, ask)

    def _tried(self, where: str, ask: Callable[[Any], Any]) -> dict[str, Any]:
        for attempt in range(1, _ATTEMPTS):
            answer = self._attempt(where, ask)
            if isinstance(answer, dict):
                return answer
            self._sleep(0.25 * 2.0**attempt if answer.seconds is None else answer.seconds)
        answer = self._attempt(where, ask)
        if isinstance(answer, dict):
            return answer
        raise UnreachableError(f"{where} failed {_ATTEMPTS} times: {answer.reason}.", _UNREACHABLE)

    def _attempt(self, where: str, ask: Callable[[Any], Any]) -> dict[str, Any] | _Trouble:
        import requests
        from jira import JIRAError

        self.requests += 1
        try:
            answer = ask(self._connected())
        except JIRAError as error:  # its text repeats headers: never pass it on
            return self._declined(where, error)
        except requests.exceptions.JSONDecodeError:
            raise _no_jira(where) from None
        except requests.exceptions.RequestException as error:
            return _Trouble(f"no connection ({type(error).__name__})")
        except ValueError:
            raise _no_jira(where) from None
        if not isinstance(answer, dict):
            raise _no_jira(where)
        return answer

    def _declined(self, where: str, error: Any) -> _Trouble:
        status = int(error.status_code or 0)
        if status not in _TEMPORARY:
            raise _refused(status, where, error) from None
        headers = getattr(error.response, "headers", None) or {}
        now = self._clock()
        quota = used_up(where, headers, now, self._settings.longest_wait_seconds) if status == 429 else None
        if quota is not None:
            raise quota from None
        return _Trouble(f"answered {status}", retry_after(headers, now))


@dataclass(frozen=True)
class _Trouble:
    """Worth another try, after as long as the site asked for, if it did."""

    reason: str
    seconds: float | None = None


def _refused(status: int, where: str, error: Any) -> SourceError:
    if status < 300:
        return _no_jira(where)
    said = brief(str(error.text or ""), 200)
    return refusal(status, where, "" if "<" in said else said)


def _no_jira(where: str) -> ProtocolError:
    return ProtocolError(
        f"{where} answered with something that is not Jira's JSON.",
        "A login page, proxy or another product may stand there: check the address and open it in a browser.",
    )


def _credentials(header: str) -> dict[str, Any]:
    """The same words as every other request says, spelled for the package: it sends Latin-1 where Jira reads UTF-8."""
    scheme, _, value = header.partition(" ")
    if scheme == "Bearer":
        return {"token_auth": value}
    user, _, secret = b64decode(value).decode("latin-1").partition(":")
    return {"basic_auth": (user, secret)}
