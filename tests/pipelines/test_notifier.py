"""A message goes out over each channel or its failure is told, and no secret of an address ever shows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from pipelines.resources.notifier import Notifier, channels, clean


class Hook(BaseHTTPRequestHandler):
    answers: ClassVar[list[int]] = []
    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        Hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(Hook.answers.pop(0) if Hook.answers else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.answers.clear()
    Hook.bodies.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"json://pmo:hunter2secret@127.0.0.1:{server.server_port}/T0KEN-abcdef"
    server.shutdown()
    server.server_close()
    thread.join()


def silent(url: str, **more: int) -> Notifier:
    return Notifier([url], wait=lambda _: None, **more)


def test_web_hook_gets_the_text(hook: str) -> None:
    notifier = silent(hook)
    assert notifier.send(notifier.channels[0], "ana@example.org", "Subject", "Müller's body").delivered
    assert b"Subject" in Hook.bodies[0]


def test_refusal_is_retried_a_bounded_number_of_times(hook: str) -> None:
    notifier, pauses = Notifier([hook], wait=lambda seconds: pauses.append(seconds)), []
    Hook.answers += [500, 200]
    assert notifier.send(notifier.channels[0], "o", "s", "b").detail == "taken at attempt 2"
    Hook.answers += [500] * 9
    delivery = notifier.send(notifier.channels[0], "o", "s", "b")
    assert (delivery.delivered, len(Hook.bodies), len(pauses)) == (False, 5, 3)
    assert "3 attempts" in delivery.detail


def test_dead_channel_is_left_alone_after_three_messages(hook: str) -> None:
    notifier = silent(hook, attempts=1)
    Hook.answers += [500] * 9
    details = [notifier.send(notifier.channels[0], "o", "s", "b").detail for _ in range(5)]
    assert len(Hook.bodies) == 3
    assert details[-1] == "not tried: json did not take the 3 messages before"


def test_no_secret_shows_in_details_logs_or_texts_of_the_channel(hook: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    notifier = silent(hook, attempts=1)
    Hook.answers += [403]
    detail = notifier.send(notifier.channels[0], "o", "s", "b").detail
    for text in (detail, caplog.text, repr(notifier.channels[0]), notifier.channels[0].label):
        assert "hunter2secret" not in text
        assert "T0KEN" not in text


def test_what_a_channel_answers_is_cleaned_of_its_secrets() -> None:
    address = "mailto://joe%40corp:pa%24%24word@smtp.example.org:587?from=pmo@example.org&to=ana@example.org"
    said = "535 joe@corp pa$$word pa%24%24word\nrefused by smtp.example.org for ana@example.org"
    assert clean(said, address) == "535 ••• ••• ••• refused by smtp.example.org for ana@example.org"
    hook = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert clean("POST t1jj3t3l2/A1BRTD4JD failed", hook) == "POST •••/••• failed"


def test_channels_are_told_apart_without_their_secrets() -> None:
    found = channels(["slack://a/b/c", "slack://d/e/f", "mailto://u:p@smtp.example.org:25?to={owner}", "oops"])
    assert [channel.label for channel in found] == ["slack", "slack (2)", "mailto://smtp.example.org", "unknown"]


@pytest.mark.parametrize(
    ("template", "owner", "address"),
    [
        ("mailto://h?to={owner}", "ana+x@example.org", "mailto://h?to=ana%2Bx@example.org"),
        ("mailto://h?to={owner}", "team:pmo", None),
        ("mailto://h?to={owner:pmo@example.org}", "team:pmo", "mailto://h?to=pmo@example.org"),
        ("mailto://h?to={owner:pmo@example.org}", "ana@example.org", "mailto://h?to=ana@example.org"),
        ("mailto://h?to={owner}", "ana@example.org,all@example.org", None),
        ("mailto://h?to={owner}", "ana@example.org&bcc=x", "mailto://h?to=ana@example.org%26bcc%3Dx"),
        ("slack://a/b/c", "team:pmo", "slack://a/b/c"),
    ],
)
def test_owner_stands_in_the_address_as_the_recipient_and_nothing_else(
    template: str, owner: str, address: str | None
) -> None:
    assert channels([template])[0].address(owner) == address


def test_address_that_no_service_understands_is_a_failure_in_words() -> None:
    notifier = silent("nonsense://x")
    delivery = notifier.send(notifier.channels[0], "o", "s", "b")
    assert (delivery.delivered, "SLIPSTREAM_NOTIFY" in delivery.detail) == (False, True)
