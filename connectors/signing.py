"""Who we are, said with every request: the same words for most sites, renewed where a token runs out (OAuth)."""

from __future__ import annotations

from base64 import b64encode
from typing import Protocol


class Signer(Protocol):
    """`requests` counts what it had to ask for by itself."""

    requests: int

    async def header(self) -> str:
        """The value of `Authorization`."""
        ...

    async def renew(self, refused: str) -> bool:
        """After a 401: whether `header` now says something else than what was refused."""
        ...


class Fixed:
    """A password or token that stays; when it is refused, nothing can be done from here."""

    requests = 0

    def __init__(self, header: str) -> None:
        self._header = header

    async def header(self) -> str:
        return self._header

    async def renew(self, refused: str) -> bool:
        return False


def basic(user: str, secret: str) -> Fixed:
    return Fixed("Basic " + b64encode(f"{user}:{secret}".encode()).decode())


def bearer(token: str) -> Fixed:
    return Fixed(f"Bearer {token}")
