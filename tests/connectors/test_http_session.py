"""The session policy against a scripted server: what is tried again, how long it waits, and when it stops."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web

from connectors.errors import (
    DeferredError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    ProtocolError,
    RefusedError,
    UnreachableError,
)
from connectors.http import Policy, Session, get, post, retry_after

CLOCK = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OK = (200, {"Content-Type": "application/json"}, b'{"n": 1}')


def _decode(body):
    return msgspec.json.decode(body, type=dict[str, int])


async def _outcome(fetching, tolerant):
    try:
        return await fetching
    except tolerant as error:
        return error


def ask(script, calls=None, tolerant=(), **policy):
    """Send the calls (one GET by default) to a server that answers by the script, the last line for ever."""
    waits, paths, over = [], [], None

    async def answer(request):
        status, headers, body = script[min(len(paths), len(script) - 1)]
        paths.append(request.path)
        if status == 0:
            await over.wait()
        return web.Response(status=status, headers=headers, body=body)

    async def pause(seconds):
        waits.append(seconds)

    async def main():
        nonlocal over
        over = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with Session(url, {}, lambda: CLOCK, Policy(**policy), pause) as session:
                found = [session.fetch(call, _decode) for call in calls or [get("/thing")]]
                return [await _outcome(one, tolerant) for one in found]
        finally:
            over.set()
            await runner.cleanup()

    return asyncio.run(main()), waits, paths


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_temporary_errors_are_tried_again_with_growing_waits(status):
    (answer,), waits, paths = ask([(status, {}, b""), (status, {}, b""), OK])
    assert answer == {"n": 1}
    assert len(paths) == 3
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0


def test_tries_are_bounded_and_the_error_names_the_last_reason():
    with pytest.raises(UnreachableError, match="failed 4 times: answered 502"):
        ask([(502, {}, b"")], attempts=4)


def test_a_silent_server_is_given_up():
    with pytest.raises(UnreachableError, match="no answer in time"):
        ask([(0, {}, b"")], attempts=2, read_seconds=0.02)


def test_an_address_where_nobody_answers_is_told_after_two_tries():
    async def main():
        async with Session("http://127.0.0.1:9", {}, lambda: CLOCK, pause=lambda _: asyncio.sleep(0)) as session:
            await session.fetch(get("/"), _decode)

    with pytest.raises(UnreachableError, match="failed 2 times: cannot connect"):
        asyncio.run(main())


def test_a_burst_waits_at_least_what_was_asked_and_only_on_that_endpoint():
    burst = (429, {"Retry-After": "7"}, b"")
    calls = [get("/issue/1"), get("/issue/2"), get("/other")]
    answers, waits, paths = ask([burst, OK], calls)
    assert len(answers) == 3
    assert paths == ["/issue/1", "/issue/1", "/issue/2", "/other"]
    assert len(waits) == 2  # the second issue shares the gate of the first, the other endpoint does not
    assert 6.9 <= waits[0] <= 8


@pytest.mark.parametrize("header", [{}, {"Retry-After": "soon"}, {"Retry-After": "Wed, 99 Foo 2015 07:28:00 GMT"}])
def test_a_burst_without_a_readable_wait_backs_off_by_itself(header):
    _, waits, _ = ask([(429, header, b""), OK])
    assert 0.3 < waits[0] < 3


def test_an_http_date_is_measured_by_the_servers_own_clock():
    headers = {"Retry-After": "Mon, 02 Mar 2026 10:00:30 GMT", "Date": "Mon, 02 Mar 2026 10:00:00 GMT"}
    assert retry_after(headers, CLOCK) == 30.0
    assert retry_after({"Retry-After": "Mon, 02 Mar 2026 09:31:00 GMT"}, CLOCK) == 60.0
    assert retry_after({"Retry-After": "Mon, 02 Mar 2020 09:31:00 GMT"}, CLOCK) == 0.0
    assert retry_after({"Retry-After": "nan"}, CLOCK) is None


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "3600"}, {"RateLimit-Reason": "jira-quota-tenant-based", "Retry-After": "3600"}]
)
def test_a_used_up_quota_defers_and_nothing_more_is_sent(headers):
    with pytest.raises(DeferredError) as stopped:
        ask([(429, headers, b"")], longest_wait_seconds=60)
    assert stopped.value.resume_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def test_after_a_used_up_quota_no_endpoint_is_asked_any_more():
    answers, _, paths = ask([(429, {"Retry-After": "3600"}, b"")], [get("/a"), get("/b")], tolerant=DeferredError)
    assert [type(answer) for answer in answers] == [DeferredError, DeferredError]
    assert paths == ["/a"]


def test_bursts_without_end_defer_instead_of_failing():
    with pytest.raises(DeferredError, match="429"):
        ask([(429, {"Retry-After": "1"}, b"")], attempts=3)


@pytest.mark.parametrize(
    ("status", "error"), [(400, RefusedError), (403, ForbiddenError), (404, NotFoundError), (410, GoneError)]
)
def test_refusals_are_told_at_once_in_the_sources_own_words(status, error):
    body = b'{"errorMessages": ["No such field."], "errors": {"jql": "Unbounded."}}'
    with pytest.raises(error, match=r"No such field\.; Unbounded\."):
        ask([(status, {}, body), OK])


def test_a_redirect_is_not_followed_with_our_credentials():
    with pytest.raises(ProtocolError, match="redirects"):
        ask([(302, {"Location": "http://127.0.0.1:9/login"}, b"")])


def test_cut_off_json_is_tried_again_and_other_text_is_not():
    answers, _, paths = ask([(200, {}, b'{"n": '), OK])
    assert (answers, len(paths)) == ([{"n": 1}], 2)
    for body in (b"<html>", b"", b"null text"):
        with pytest.raises(ProtocolError):
            ask([(200, {}, body), OK])


def test_json_of_another_shape_is_a_protocol_error():
    with pytest.raises(ProtocolError, match="unexpected shape"):
        ask([(200, {}, b'{"n": "text"}')])


def test_queries_are_never_part_of_a_message():
    with pytest.raises(RefusedError) as refused:
        ask([(400, {}, b"{}")], [get("/search", ("jql", "summary ~ private"))])
    assert "private" not in str(refused.value)
    assert post("/x", {"jql": "a"}).where == "POST /x"
