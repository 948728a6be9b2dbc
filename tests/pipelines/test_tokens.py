"""Tokens that change are kept for their owner's eyes only, whole, and by one at a time."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from connectors.errors import ConfigurationError
from pipelines import settings
from pipelines.resources import tokens
from pipelines.resources.tokens import TokenFile


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_site_has_its_own_file_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    for name in ("emea", "apac"):
        (tmp_path / "sources" / f"{name}.yaml").write_text(f"type: jira\nsite: {name}\n")
    stores = [site.tokens for site in settings.load({"SLIPSTREAM_HOME": str(tmp_path)}).sites]
    assert stores == [TokenFile(tmp_path / "tokens" / f"jira-{name}.json") for name in ("apac", "emea")]


def test_what_was_written_is_read_and_nobody_else_may(tmp_path: Path) -> None:
    store = TokenFile(tmp_path / "tokens" / "jira-a.json")
    assert store.read() is None
    for text in ("first", "second ü"):
        store.write(text)
        assert store.read() == text
    assert (mode(store.path), mode(store.path.parent)) == (0o600, 0o700)
    assert [path.name for path in store.path.parent.iterdir()] == ["jira-a.json"]


def test_a_write_that_fails_leaves_the_old_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TokenFile(tmp_path / "jira-a.json")
    store.write("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tokens.os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"cannot be written \(No space left") as error:
        store.write("new-secret")
    assert "new-secret" not in str(error.value)
    assert store.read() == "old"


def test_a_leftover_of_a_crash_with_loose_rights_is_not_written_into(tmp_path: Path) -> None:
    store = TokenFile(tmp_path / "jira-a.json")
    leftover = store.path.with_suffix(".new")
    leftover.write_text("half")
    leftover.chmod(0o644)
    store.write("whole")
    assert (store.read(), mode(store.path), leftover.exists()) == ("whole", 0o600, False)


def test_an_unreadable_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    store = TokenFile(tmp_path / "jira-a.json")
    store.path.mkdir()
    with pytest.raises(ConfigurationError, match="give Slipstream's user the right"):
        store.read()


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    store, order, inside = TokenFile(tmp_path / "jira-a.json"), [], threading.Event()

    def second() -> None:
        inside.wait(10)
        with store.locked():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with store.locked():
        inside.set()
        order.append("first")
        store.write("token")
        order.append("first is through")
    thread.join(10)
    assert order == ["first", "first is through", "second"]
