"""What holds for all tests: the profiles of hypothesis (`--hypothesis-profile=nightly` for the long runs)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("nightly", max_examples=1_000, deadline=None)
