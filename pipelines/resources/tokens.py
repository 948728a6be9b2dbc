"""The only writer of secrets: what a connector must keep between runs, one file a site, for its owner's eyes only.

A rotating refresh token is worth a password, and losing the newest locks a site out: a write is whole and on disk
when it returns, or the old text stands.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import ConfigurationError
from pipelines.resources.locks import hold


@dataclass(frozen=True)
class TokenFile:
    """Answers `connectors.source.TokenStore`."""

    path: Path
    wait_seconds: float = 120.0

    def locked(self) -> AbstractContextManager[None]:
        self._folder()
        lock = self.path.with_suffix(".lock")
        return hold(lock, "sign-in", self.wait_seconds, f"The token of site '{self.path.stem}'")

    def read(self) -> str | None:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable("read", error) from None

    def write(self, text: str) -> None:
        self._folder()
        fresh = self.path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - a path opens with the mode of the umask
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
            self._settle()
        except OSError as error:
            raise self._unusable("written", error) from None

    def _folder(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable("written", error) from None

    def _settle(self) -> None:
        """The new name, too, must survive a power cut."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unusable(self, what: str, error: Exception) -> ConfigurationError:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return ConfigurationError(
            f"{self.path} cannot be {what} ({reason}).",
            "It holds the site's refresh token: give Slipstream's user the right to read and write it.",
        )
