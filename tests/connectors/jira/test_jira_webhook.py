"""What a webhook is worth, without a network: signatures, tokens, times, and which issues an event hints at."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from msgspec import Raw

from connectors.errors import ConfigurationError, HookError, HookFormError
from connectors.jira import census, config, hints, jwt, wire
from connectors.jira.dimensions import Project
from connectors.jira.held import Held
from connectors.jira.webhook import classify, receive
from connectors.source import Delivery, Heard, Hint, SiteConfig

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
APP = "the-shared-secret-of-an-app"
OPTIONS = {"url": "https://acme.test", "email": "a@acme.test", "api_token": "t", "webhook_app_secret": APP}


def body(**more: Any) -> bytes:
    told = {"timestamp": int(NOW.timestamp() * 1000), "webhookEvent": "jira:issue_updated", "issue": {"id": "7"}}
    return json.dumps(told | more).encode()


def take(raw: bytes, headers: dict[str, Any], query: str = "", **options: Any) -> Heard:
    named = {name.lower(): value if isinstance(value, tuple) else (value,) for name, value in headers.items()}
    delivery = Delivery("POST", "/jira/acme", tuple(parse_qsl(query)), named, raw)
    return receive(SiteConfig("jira", "acme", {**OPTIONS, **options}), delivery, NOW)


def token(claims: Any, secret: str = APP, header: Any = None) -> str:
    parts = [json.dumps(part).encode() for part in (header or {"alg": "HS256", "typ": "JWT"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signed = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signed).rstrip(b"=")).decode()


def claims(**more: Any) -> dict[str, Any]:
    return {"iss": "app", "iat": NOW.timestamp(), "exp": NOW.timestamp() + 180} | more


def test_atlassians_own_example_of_a_signature_holds() -> None:
    secret = "It's a Secret to Everybody"
    header = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    with pytest.raises(HookFormError):  # the signature holds, so that it is looked into; it is no JSON
        take(b"Hello World!", {"X-Hub-Signature": header}, webhook_secret=secret)
    with pytest.raises(HookError, match="does not fit"):
        take(b"Hello World?", {"X-Hub-Signature": header}, webhook_secret=secret)


def test_the_example_of_the_standard_is_a_good_token_until_it_ends() -> None:
    """RFC 7515, appendix A.1."""
    given = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    raw = base64.urlsafe_b64decode(key + "==")
    header, told, signed = given.split(".")
    assert hmac.new(raw, f"{header}.{told}".encode(), hashlib.sha256).digest() == base64.urlsafe_b64decode(signed + "=")
    mine = token({"iss": "joe", "exp": 1300819380}, "s" * 20)
    end = datetime.fromtimestamp(1300819380, UTC)
    assert jwt.claims(mine, "s" * 20, end)["iss"] == "joe"
    with pytest.raises(HookError, match="expired"):
        jwt.claims(mine, "s" * 20, end + timedelta(minutes=1))
    with pytest.raises(HookError, match="signature"):
        jwt.claims(given, "s" * 20, end)


def test_a_published_hash_of_an_address_is_computed_alike() -> None:
    query = (
        "lic=none&tz=Europe%2FMoscow&cp=%2Fjira&user_key=admin&loc=en-US&user_id=admin&jwt=x&"
        "xdm_e=http%3A%2F%2Flocalhost%3A2990&xdm_c=channel-servlet-click-me&xdm_p=1"
    )
    expected = "3a6ff1b66f60eb275d0e4cb6be4261d5d3b0216b91c58dc6524509227ef346de"
    assert jwt.query_hash("get", "/addon/", parse_qsl(query)) == expected
    canonical = "POST&/a%26b&c=1,2%20%2B*&d=".replace("*", "%2A")
    told = hashlib.sha256(canonical.encode()).hexdigest()
    assert jwt.query_hash("POST", "/a&b", [("d", ""), ("c", "2 +*"), ("c", "1")]) == told


BAD_TOKENS = {
    "of another secret": token(claims(), "another-secret-of-nobody"),
    "unsigned": token(claims(), header={"alg": "none"}),
    "of a stronger algorithm": token(claims(), header={"alg": "HS512"}),
    "by a key reference": token(claims(), header={"alg": "HS256", "crit": ["kid"], "kid": "x"}),
    "without an end": token({"iss": "app"}),
    "at its end": token(claims(exp=NOW.timestamp() - 60)),
    "with an end that is no number": token(claims(exp="9999999999")),
    "with more behind it": token(claims()) + "A",
    "not valid yet": token(claims(nbf=NOW.timestamp() + 61)),
    "of nobody": token(claims(iss="")),
    "of another issuer": token(claims(iss="another")),
    "for another address": token(claims(qsh="0" * 64)),
    "with a fixed address": token(claims(qsh="context-qsh")),
    "with a claim that is no text": token(claims(qsh=7)),
    "cut off": token(claims()).rpartition(".")[0],
    "padded": token(claims()) + "=",
    "of a list": token([]),
    "too long": token(claims(more="x" * 9000)),
    "empty": "",
}


@pytest.mark.parametrize("given", BAD_TOKENS.values(), ids=BAD_TOKENS)
@pytest.mark.parametrize("scheme", ["Bearer", "JWT"])
def test_a_token_that_is_not_strictly_right_is_refused(scheme: str, given: str) -> None:
    with pytest.raises(HookError) as caught:
        take(body(), {"Authorization": f"{scheme} {given}"}, webhook_issuer="app")
    assert type(caught.value) is HookError
    assert APP not in str(caught.value)


def test_a_token_vouches_for_an_oauth_app_and_with_its_address_for_a_connect_app() -> None:
    assert take(body(), {"Authorization": f"Bearer {token(claims())}"}).hint.keys == ("7",)
    with pytest.raises(HookError, match="qsh"):
        take(body(), {"Authorization": f"JWT {token(claims())}"})
    good = jwt.query_hash("POST", "/jira/acme", [("a", "1")])
    for scheme in ("JWT", "Bearer"):
        headers = {"Authorization": f"{scheme} {token(claims(qsh=good))}"}
        assert take(body(), headers, "a=1").hint.keys == ("7",)
        with pytest.raises(HookError, match="qsh"):
            take(body(), headers, "a=2")


def test_a_proof_for_which_no_secret_is_known_proves_nothing() -> None:
    empty = hmac.new(b"", body(), hashlib.sha256).hexdigest()
    with pytest.raises(HookError, match="no webhook_secret"):
        take(body(), {"X-Hub-Signature": f"sha256={empty}"})
    plain = SiteConfig("jira", "acme", {name: OPTIONS[name] for name in ("url", "email", "api_token")})
    unsigned = Delivery("POST", "/", (), {"authorization": (f"Bearer {token(claims(), '')}",)}, body())
    with pytest.raises(HookError, match="no webhook_app_secret"):
        receive(plain, unsigned, NOW)


def test_a_bad_signature_is_not_made_good_by_a_token_nor_by_a_second_one() -> None:
    secret, right = "an-administrators-secret", f"Bearer {token(claims())}"
    told = "sha256=" + hmac.new(secret.encode(), body(), hashlib.sha256).hexdigest()
    for signature in ("sha256=" + "0" * 64, (told, "sha256=" + "0" * 64), ("x", told)):
        with pytest.raises(HookError):
            take(body(), {"X-Hub-Signature": signature, "Authorization": right}, webhook_secret=secret)
    assert take(body(), {"X-Hub-Signature": told}, webhook_secret=secret).hint.event == "jira:issue_updated"


NONSENSE = {
    "no JSON": b"nonsense",
    "a list": b"[1]",
    "no event": body(webhookEvent=None),
    "an event that is no text": body(webhookEvent=["x"]),
    "a line break in the event": body(webhookEvent="x\ny"),
    "no time": body(timestamp=None),
    "a time that is text": body(timestamp="1772443800000"),
    "a time beyond the calendar": body(timestamp=10**17),
    "a time before the calendar": body(timestamp=-1),
    "a truth for a time": body(timestamp=True),
    "endless depth": b"[" * 100_000,
}


@pytest.mark.parametrize("raw", NONSENSE.values(), ids=NONSENSE)
def test_genuine_nonsense_is_told_from_forgery(raw: bytes) -> None:
    with pytest.raises(HookFormError):
        take(raw, {"Authorization": f"Bearer {token(claims())}"})


def test_a_webhook_older_than_a_day_is_late_and_one_from_the_future_is_not() -> None:
    signed = {"Authorization": f"Bearer {token(claims())}"}
    at = int(NOW.timestamp() * 1000)
    with pytest.raises(HookError) as caught:
        take(body(timestamp=at - 86_400_001), signed)
    assert caught.value.is_late
    assert take(body(timestamp=at - 86_400_000), signed).hint.at == NOW - timedelta(days=1)
    assert take(body(timestamp=at + 10**9), signed).hint.at > NOW


def test_without_an_identifier_the_body_stands_for_it() -> None:
    signed = {"Authorization": f"Bearer {token(claims())}"}
    one, two = take(body(), signed), take(body(more=1), signed)
    named = take(body(), {**signed, "X-Atlassian-Webhook-Identifier": "x"})
    assert one.identifier != two.identifier
    assert (one.digest, one.identifier != named.identifier) == (named.digest, True)


EVENTS: list[tuple[dict[str, Any], tuple[str, ...], bool]] = [
    ({"webhookEvent": "jira:issue_created", "issue": {"id": "7", "key": "A-1"}}, ("7",), False),
    ({"webhookEvent": "jira:issue_deleted", "issue": {"id": 7}}, ("7",), True),
    ({"webhookEvent": "jira:issue_deleted"}, (), False),
    ({"webhookEvent": "comment_created", "comment": {"id": "5"}, "issue": {"id": "7"}}, ("7",), False),
    ({"webhookEvent": "worklog_deleted", "worklog": {"id": "5", "issueId": "7"}}, ("7",), False),
    (
        {"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 7, "destinationIssueId": 8}},
        ("7", "8"),
        False,
    ),
    ({"webhookEvent": "sprint_closed", "sprint": {"id": 7}}, (), False),
    ({"webhookEvent": "jira:version_released", "version": {"id": "7"}}, (), False),
    ({"webhookEvent": "project_deleted", "project": {"id": 7}}, (), False),
    ({"webhookEvent": "jira:issue_updated", "issue": {"id": "7 or 1=1"}}, (), False),
    ({"webhookEvent": "jira:issue_updated", "issue": "7"}, (), False),
]


@pytest.mark.parametrize(("told", "keys", "deleted"), EVENTS)
def test_events_hint_at_issues_or_only_say_look_again(
    told: dict[str, Any], keys: tuple[str, ...], deleted: bool
) -> None:
    assert classify(told | {"user": {"accountId": "acc-1"}}, NOW) == Hint(
        told["webhookEvent"], NOW, keys, deleted, "acc-1"
    )
    assert classify(told | {"user": None}, NOW).actor == ""


def test_secrets_that_could_be_guessed_are_refused_and_none_is_shown() -> None:
    with pytest.raises(ConfigurationError, match="webhook_secret is shorter than 16") as caught:
        config.read(SiteConfig("jira", "acme", {**OPTIONS, "webhook_secret": "hush-hush"}))
    assert "hush-hush" not in str(caught.value)
    read = config.read(SiteConfig("jira", "acme", OPTIONS))
    assert APP not in repr(read)


def test_of_many_hints_the_newest_fifty_are_reconciled() -> None:
    told = hints.Told([Hint("e", NOW + timedelta(seconds=n), (str(n),)) for n in range(60)] + [Hint("e", NOW)])
    assert told.reconcile == list(range(10, 60))
    assert told.besides([1, 2], [3]) == [0, *range(4, 60)]
    assert hints.Told([Hint("e", NOW, ("x", "", "1" * 30, "²"))]).besides() == []


def test_a_reported_deletion_is_looked_into_although_the_census_still_names_the_issue() -> None:
    held = Held()
    for issue in (1, 2, 3):
        held.put(issue, "10", 0)
    held.settle()
    there = census.Census(np.array([1, 2, 3]), np.array([0, 0, 0]), ["10"])
    nothing = np.empty(0, np.int64)
    visible, gone = [Project("10", "A")], [Project("10", "A", archived=True)]
    assert census.compare(held, there, nothing, visible, {2}).absent == [2]
    assert census.compare(held, there, nothing, visible).absent == []
    assert census.compare(held, there, nothing, gone, {2}).absent == []
    assert census.compare(held, there, nothing, [], {2}).absent == []


def test_a_page_is_cut_down_to_what_is_news_and_ours() -> None:
    def head(number: int, updated: str, project: str) -> wire.Head:
        return wire.Head(str(number), wire.IssueFields(updated, project=wire.Ref(project)))

    told = hints.Told([Hint("e", NOW, ("1", "2", "3", "4"))])
    told.note(wire.IssuePage([head(1, "2026-03-02T09:00:00.000+0000", "10")], []))
    heads = [
        head(1, "2026-03-02T10:00:00.000+0100", "10"),
        head(2, "", "10"),
        head(3, "", "99"),
        head(4, "", "99"),
        head(5, "", "99"),
    ]
    held = Held()
    held.put(4, "10", 0)
    held.settle()
    page = wire.IssuePage(heads, [Raw(b"{}")] * 5)
    kept = told.sift(page, held, [Project("10", "A")])
    assert [one.id for one in kept.heads] == ["2", "4", "5"]
    assert len(kept.raws) == 3
    assert [one.id for one in told.sift(page, held, None).heads] == ["2", "3", "4", "5"]
