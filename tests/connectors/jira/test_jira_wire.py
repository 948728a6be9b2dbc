"""What is read of Jira's answers, in odd but real forms."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from connectors.jira import wire
from connectors.jira.checkpoint import State
from connectors.jira.issues import Intake

ISSUE = {"id": "1", "key": "A-1", "fields": {"updated": "2026-03-02T10:26:42.655+0100", "project": {"id": "7"}}}


def _page(*issues, **more):
    return wire.issue_page(json.dumps({"issues": issues, **more}).encode())


def test_a_page_is_cut_into_the_bytes_that_came():
    body = b'{"issues":[{"id":"1","fields":{ "x" : 1e308}}],"nextPageToken":"t"}'
    page = wire.issue_page(body)
    assert (bytes(page.raws[0]), page.nextPageToken) == (b'{"id":"1","fields":{ "x" : 1e308}}', "t")


@pytest.mark.parametrize("token", [None, ""])
def test_a_null_or_empty_token_is_the_last_page(token):
    assert not _page(ISSUE, nextPageToken=token).nextPageToken


def test_a_page_that_comes_twice_is_taken_once_and_a_younger_version_again():
    intake = Intake(State(), 0, True)
    younger = {**ISSUE, "fields": {**ISSUE["fields"], "updated": "2026-03-02T10:26:43.000+0100"}}
    assert [len(intake.take(_page(issue), "range")) for issue in (ISSUE, ISSUE, younger)] == [1, 0, 1]


def test_an_issue_whose_id_is_no_number_is_rejected_and_the_others_load():
    intake = Intake(State(), 0, True)
    batch = intake.take(_page({**ISSUE, "id": "x"}, ISSUE), "range")
    assert (batch.keys, [one.reason for one in intake.rejected]) == (["1"], ["the id is no number"])


def test_lone_surrogates_become_readable_json_and_pairs_stay():
    odd = rb'{"issues":[{"id":"1","fields":{"summary":"a\ud800b \ud83d\ude00 \\ud800 \udc00"}}]}'
    (raw,) = wire.issue_page(odd).raws
    assert json.loads(bytes(raw))["fields"]["summary"] == "a\ufffdb \U0001f600 \\ud800 \ufffd"


def test_broken_json_stays_broken():
    with pytest.raises(msgspec.DecodeError):
        wire.issue_page(b'{"issues":[{"id":"1",')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:26:42.655+0100", datetime(2026, 3, 2, 9, 26, 42, 655000, tzinfo=UTC)),
        ("2026-10-25T02:30:00.000+0200", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00.000+0100", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-03-02T09:26:42.655Z", datetime(2026, 3, 2, 9, 26, 42, 655000, tzinfo=UTC)),
        ("51502-01-01T00:00:00.000+0000", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_read_as_utc_or_not_at_all(text, expected):
    assert wire.moment(text) == expected


def test_a_time_that_is_none_still_tells_versions_apart():
    stamps = {wire.stamp(text, None) for text in ("51502-01-01T00:00:00.000+0000", "x", None)}
    assert len(stamps) == 3
    assert all(stamp < 0 for stamp in stamps)


def test_millis_survive_the_way_there_and_back():
    at = datetime(2026, 3, 2, 9, 26, 42, 655000, tzinfo=UTC)
    assert wire.from_millis(wire.millis(at)) == at
