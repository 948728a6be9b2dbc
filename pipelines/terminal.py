"""What the commands write with: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def teller() -> Callable[[str], None]:
    """Takes sentences of progress, and says each with the seconds since it was made."""
    start = time.monotonic()

    def tell(message: str) -> None:
        err.print(f"[dim]{time.monotonic() - start:6.1f} s[/dim]  {escape(message)}", soft_wrap=True)

    return tell
