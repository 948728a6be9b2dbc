"""One session policy for every source on HTTP: time-outs, bounded retries, rate gates, and no secrets in errors.

What an answer means belongs to the connector; how to get one, and when to stop trying, belongs here.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, TypeAlias, TypeVar

import aiohttp
import msgspec

from connectors.errors import DeferredError, HeavyError, ProtocolError, UnreachableError, brief, refusal
from connectors.signing import Signer
from connectors.source import Clock

T = TypeVar("T")
Pause: TypeAlias = Callable[[float], Awaitable[object]]
"""How to wait; `asyncio.sleep`, or a recorder in tests."""

_TEMPORARY: Final = frozenset({408, 500, 502, 503, 504})
_GATEWAY_TIMEOUT: Final = 504
_HEAVY_ATTEMPTS: Final = 2  # before less is asked for at once
_ID: Final = re.compile(r"/\d+")
_WORDS: Final = 300  # characters of the source's explanation that an error repeats


@dataclass(frozen=True)
class Policy:
    """How patient we are with one site."""

    in_flight: int = 8
    attempts: int = 5
    first_contact_attempts: int = 2  # a wrong address should not take a minute to be told
    connect_seconds: float = 10.0
    read_seconds: float = 90.0  # between two reads, not for the whole body
    backoff_seconds: float = 0.5
    longest_backoff_seconds: float = 30.0
    longest_wait_seconds: float = 120.0  # asked to wait longer than this: defer the sync instead

    def backoff(self, attempt: int) -> float:
        ceiling = min(self.longest_backoff_seconds, self.backoff_seconds * 2.0 ** (attempt - 1))
        return ceiling * random.uniform(0.5, 1.0)


@dataclass(frozen=True)
class Call:
    """One request; bodies are JSON."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def where(self) -> str:
        """For messages: never the query, which may hold filters and tokens."""
        return f"{self.method} {self.path}"

    @property
    def endpoint(self) -> str:
        """What shares a rate limit: the path without its ids."""
        return _ID.sub("/{}", self.where)


def get(path: str, *params: tuple[str, str]) -> Call:
    return Call("GET", path, params)


def post(path: str, body: Mapping[str, Any]) -> Call:
    return Call("POST", path, body=msgspec.json.encode(body))


class _TroubleError(Exception):
    """Worth another try: `seconds` is what the source asked us to wait, if it did."""

    def __init__(
        self, reason: str, seconds: float | None = None, *, limited: bool = False, heavy: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.seconds, self.limited, self.heavy = reason, seconds, limited, heavy


class _StaleError(Exception):
    """A 401 to what the signer said: `refusal` stands unless the signer has something newer to say."""

    def __init__(self, said: str, refusal: Exception) -> None:
        super().__init__("answered 401")
        self.said, self.refusal = said, refusal


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After` (seconds or HTTP date); None when missing or unreadable."""
    text = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text)) if float(text) < 1e9 else None
    except ValueError:
        pass
    until, there = _http_date(text), _http_date(headers.get("Date", ""))
    return None if until is None else max(0.0, (until - (there or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else None


def said(body: bytes, secret: str = "") -> str:
    """The source's own words out of an error body, short and without what we signed in with; empty without any."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(told, dict):
        return ""
    errors = told.get("errors")
    parts = [*(told.get("errorMessages") or ()), *(errors.values() if isinstance(errors, dict) else ())]
    parts += [told[name] for name in ("message", "errorMessage", "error_description") if told.get(name)]
    words = "; ".join(str(part) for part in parts)
    return brief(words.replace(secret, "***") if secret else words, _WORDS)


@dataclass
class Session:
    """An HTTP session of one site; lives inside one event loop."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    pause: Pause = asyncio.sleep
    signer: Signer | None = field(default=None, repr=False)
    requests: int = 0
    _gates: dict[str, float] = field(default_factory=dict, repr=False)
    _answered: bool = False
    _stopped: DeferredError | None = field(default=None, repr=False)

    async def __aenter__(self) -> Session:
        self._slots = asyncio.Semaphore(self.policy.in_flight)
        self._client = aiohttp.ClientSession(
            headers={"Accept": "application/json", **self.headers},
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.policy.connect_seconds, sock_read=self.policy.read_seconds
            ),
            connector=aiohttp.TCPConnector(limit=self.policy.in_flight),
            read_bufsize=2**20,  # pages are about a megabyte: fewer pauses of the transport
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def fetch(self, call: Call, decode: Callable[[bytes], T], *, can_split: bool = False) -> T:
        """The decoded answer, or the SourceError that says why there is none.

        Who can ask for less at once (`can_split`) is told early that an answer was too much, by HeavyError.
        """
        attempt, renewed = 0, False
        while True:
            attempt += 1
            await self._pass_gate(call.endpoint)
            try:
                async with self._slots:
                    if self._stopped is not None:
                        raise self._stopped  # the whole tenant waits, who queued for a slot too
                    return decoded(call, *await self._once(call), decode)
            except _StaleError as stale:
                if renewed or self.signer is None or not await self.signer.renew(stale.said):
                    raise stale.refusal from None
                renewed = True
            except _TroubleError as trouble:
                if attempt >= self._allowed(is_splittable=can_split and trouble.heavy):
                    raise self._given_up(call, trouble, attempt) from None
                await self._wait(call, trouble, attempt)

    def _allowed(self, *, is_splittable: bool) -> int:
        attempts = self.policy.attempts if self._answered else self.policy.first_contact_attempts
        return min(_HEAVY_ATTEMPTS, attempts) if is_splittable else attempts

    def _given_up(self, call: Call, trouble: _TroubleError, attempts: int) -> Exception:
        message = f"{call.where} on {self.base_url} failed {attempts} times: {trouble.reason}."
        if trouble.limited:
            resume_at = self.clock() + timedelta(seconds=trouble.seconds or self.policy.longest_wait_seconds)
            return DeferredError(message, f"Sync again after {resume_at:%Y-%m-%d %H:%M:%S} UTC.", resume_at)
        kind = HeavyError if trouble.heavy else UnreachableError
        return kind(message, "Check the address, the network and whether the site is up; then try again.")

    async def _pass_gate(self, endpoint: str) -> None:
        wait = self._gates.get(endpoint, 0.0) - asyncio.get_running_loop().time()
        if wait > 0:
            await self.pause(wait)

    async def _wait(self, call: Call, trouble: _TroubleError, attempt: int) -> None:
        if trouble.seconds is None and not trouble.limited:
            await self.pause(self.policy.backoff(attempt))
            return
        asked = self.policy.backoff(attempt + 1) if trouble.seconds is None else trouble.seconds
        seconds = asked + random.uniform(0.0, min(1.0, 0.1 * asked))
        until = asyncio.get_running_loop().time() + seconds
        self._gates[call.endpoint] = max(until, self._gates.get(call.endpoint, 0.0))

    async def _once(self, call: Call) -> tuple[str, bytes]:
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if self.signer is not None:
            headers["Authorization"] = await self.signer.header()
        self.requests += 1
        try:
            async with self._client.request(
                call.method,
                self.base_url + call.path,
                params=call.params or None,
                data=call.body,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            heavy = isinstance(trouble, TimeoutError | aiohttp.ClientPayloadError)
            raise _TroubleError(_named(trouble), heavy=heavy) from None
        self._answered = True
        if answer.status == 429:
            raise self._limited(call, answer.headers)
        if answer.status in _TEMPORARY:
            heavy = answer.status == _GATEWAY_TIMEOUT
            raise _TroubleError(f"answered {answer.status}", retry_after(answer.headers, self.clock()), heavy=heavy)
        if answer.status != 200:
            sent = headers.get("Authorization", "")
            refused = refusal(answer.status, f"{call.where} on {self.base_url}", said(body, sent.partition(" ")[2]))
            raise _StaleError(sent, refused) if answer.status == 401 else refused
        return answer.headers.get("Content-Type", ""), body

    def _limited(self, call: Call, headers: Mapping[str, str]) -> Exception:
        """A burst slows this endpoint; a used-up quota stops the whole tenant until it is refilled."""
        where = f"{call.where} on {self.base_url}"
        self._stopped = used_up(where, headers, self.clock(), self.policy.longest_wait_seconds)
        seconds = retry_after(headers, self.clock())
        return self._stopped or _TroubleError("answered 429 (too many requests)", seconds, limited=True)


def used_up(where: str, headers: Mapping[str, str], now: datetime, longest_wait: float) -> DeferredError | None:
    """What a 429 means beyond a short wait: the quota is gone, or the wait asked for is too long to sit out."""
    seconds = retry_after(headers, now)
    if "quota" not in headers.get("RateLimit-Reason", "").lower() and (seconds or 0) <= longest_wait:
        return None
    resume_at = now + timedelta(seconds=3600.0 if seconds is None else seconds)
    remedy = f"Sync again after {resume_at:%Y-%m-%d %H:%M:%S} UTC; what has arrived is kept."
    return DeferredError(f"{where}: the request quota is used up.", remedy, resume_at)


def decoded(call: Call, content_type: str, body: bytes, decode: Callable[[bytes], T]) -> T:
    """The answer decoded; cut-off JSON is worth another try, anything else that is no JSON is not."""
    try:
        return decode(body)
    except msgspec.ValidationError as trouble:
        raise ProtocolError(
            f"{call.where} answered JSON of an unexpected shape: {trouble}.",
            "Check that the address is the site's root and that no proxy answers in its place.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        if body.lstrip()[:1] in (b"{", b"["):
            raise _TroubleError("the answer was cut off", heavy=True) from None
    what = "an empty body" if not body.strip() else f"{content_type.split(';')[0] or 'something'} instead of JSON"
    raise ProtocolError(
        f"{call.where} answered 200 with {what}.",
        "A login page or proxy may stand before the site: check the address and open it in a browser.",
    )


def _named(trouble: BaseException) -> str:
    """What went wrong, without the addresses and headers that some exceptions carry."""
    if isinstance(trouble, TimeoutError):
        return "no answer in time"
    if isinstance(trouble, aiohttp.ClientPayloadError):
        return "the answer was cut off"
    if isinstance(trouble, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the certificate is not trusted"
    if isinstance(trouble, aiohttp.ClientConnectorDNSError):
        return "the host name is not known"
    if isinstance(trouble, aiohttp.ClientConnectorError):
        return f"cannot connect ({trouble.os_error.strerror or 'refused'})"
    return f"the connection broke ({type(trouble).__name__})"
