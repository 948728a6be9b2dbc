"""The only sender: hands a text to a channel (e-mail, chat, webhook) through apprise, and says whether it was taken.

What is said, to whom and how often is the alert stage's business. Addresses hold passwords, so they never
appear in a text of ours: a channel is known by its label, and what it answers is cleaned first.
"""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
GIVE_UP_AFTER = 3  # messages in a row that a channel did not take: the rest waits for the next run
OWNER = re.compile(r"\{owner(?::([^{}]*))?\}")
ADDRESS = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+")
MAIL_SCHEMES = ("mailto", "mailtos")
MASK = "•••"


@dataclass(frozen=True)
class Delivery:
    """Whether the channel took a message, and what it said."""

    delivered: bool
    detail: str


@dataclass(frozen=True)
class Channel:
    """One configured address; `{owner}` in it stands for the recipient, `{owner:x@y}` gives one for owners without."""

    label: str
    template: str = field(repr=False)

    @property
    def is_personal(self) -> bool:
        return OWNER.search(self.template) is not None

    def address(self, owner: str) -> str | None:
        """The address for this owner, or None where the owner cannot be reached this way."""
        found = OWNER.search(self.template)
        if found is None:
            return self.template
        recipient = owner if ADDRESS.fullmatch(owner) else found.group(1)
        return OWNER.sub(quote(recipient, safe="@"), self.template) if recipient else None


def channels(urls: Sequence[str]) -> tuple[Channel, ...]:
    """The configured channels under labels without secrets: scheme, and for e-mail the server."""
    found, seen = [], Counter[str]()
    for url in urls:
        label = _label(url)
        seen[label] += 1
        found.append(Channel(label if seen[label] == 1 else f"{label} ({seen[label]})", url))
    return tuple(found)


def _label(url: str) -> str:
    scheme, found, rest = url.partition("://")
    if scheme not in MAIL_SCHEMES:
        return scheme if found and re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", scheme) else "unknown"
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return f"{scheme}://{host}"


class Notifier:
    """Sends over the configured channels, with bounded retries and without waiting for the dead."""

    def __init__(self, urls: Sequence[str], *, attempts: int = ATTEMPTS, wait: Callable[[float], None] = time.sleep):
        self.channels = channels(urls)
        self.attempts = attempts
        self.wait = wait
        self.failed_in_a_row: Counter[str] = Counter()
        self._services: dict[str, Any] = {}  # kept, because each paces itself (a chat takes one message a second)

    def send(self, channel: Channel, owner: str, subject: str, body: str) -> Delivery:
        """Try to hand over one message. Never raises: a dead channel must not stop a run."""
        address = channel.address(owner)
        if address is None:
            return Delivery(False, f"{owner} has no e-mail address; write {{owner:<address>}} to name one for such")
        if self.failed_in_a_row[channel.label] >= GIVE_UP_AFTER:
            return Delivery(False, f"not tried: {channel.label} did not take the {GIVE_UP_AFTER} messages before")
        delivery = self._try(channel, address, subject, body)
        self.failed_in_a_row[channel.label] = 0 if delivery.delivered else self.failed_in_a_row[channel.label] + 1
        return delivery

    def _try(self, channel: Channel, address: str, subject: str, body: str) -> Delivery:
        service = self._services.get(address) or _service(address)
        self._services[address] = service
        if service is None:
            return Delivery(False, f"the address of {channel.label} is not understood; see SLIPSTREAM_NOTIFY")
        said = ""
        for attempt in range(1, self.attempts + 1):
            is_taken, said = _notify(service, subject, body)
            if is_taken:
                return Delivery(True, f"taken at attempt {attempt}")
            if attempt < self.attempts:
                self.wait(PAUSE_SECONDS * attempt)
        reason = clean(said, address) or "no reason given"
        return Delivery(False, f"{channel.label} did not take it in {self.attempts} attempts: {reason}")


def _service(address: str) -> Any:
    """What sends to this address, or None if apprise does not understand it."""
    with warnings.catch_warnings(), _captured():
        warnings.simplefilter("ignore")  # apprise loads every service it knows, some through deprecated modules
        import apprise

        plugin = apprise.Apprise.instantiate(address)
    if plugin is None:
        return None
    if address.partition(":")[0] in MAIL_SCHEMES:
        plugin.notify_format = apprise.NotifyFormat.TEXT  # our text is plain; by default it would become HTML
        plugin.request_rate_per_sec = 0  # by default 5.5 s between two e-mails, also between two attempts
    asset = apprise.AppriseAsset(app_id="Slipstream", app_desc="Slipstream", app_url="", async_mode=False)
    service = apprise.Apprise(asset=asset)
    service.add(plugin)
    return service


def _notify(service: Any, subject: str, body: str) -> tuple[bool, str]:
    """apprise says no by a false value, not by an exception; services may raise all the same."""
    with _captured() as lines:
        try:
            is_taken = bool(service.notify(title=subject, body=body, body_format="text"))
        except Exception as error:  # whatever a service does must not stop the run
            return False, f"{type(error).__name__}: {error}"
    return is_taken, "; ".join(lines)


class _Lines(logging.Handler):
    """Keeps what is said as lines, for us to clean and tell."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _captured() -> Iterator[list[str]]:
    """What apprise and the transport below it would log, kept out of every log: it shows addresses."""
    handler = _Lines()
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    try:
        yield handler.lines
    finally:
        for logger, level, propagates in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagates


def clean(text: str, address: str) -> str:
    """`text` without anything that may be a secret of the address, on one line."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return MASK
    secrets = {parts.username, parts.password, *(value for key, value in parse_qsl(parts.query) if key != "to")}
    if parts.scheme not in MAIL_SCHEMES:  # in web hooks the host and the path are tokens too
        secrets |= {parts.hostname, *parts.path.split("/")}
    known = {form for secret in secrets if secret for form in (secret, unquote(secret), quote(secret, safe=""))}
    for secret in sorted((one for one in known if len(one) > 2), key=len, reverse=True):
        text = re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
    return " ".join(text.split())[:300]
