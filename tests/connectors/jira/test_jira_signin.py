"""Each way to sign in works where it belongs; where it does not, sync and doctor say which setting to change."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import AuthenticationError, ConfigurationError, SourceError
from connectors.jira.config import read
from connectors.source import SiteConfig
from tests.connectors.jira.flavours import Store, at_gateway, settle
from tests.connectors.jira.syncing import collect, connect
from tests.fixtures.sandbox import running_world, small_world

SITE = "https://acme.atlassian.net"
NEEDED = {
    "token": ["email", "api_token"],
    "pat": ["api_token"],
    "scoped": ["cloud_id", "api_token"],
    "oauth": ["cloud_id", "client_id", "client_secret", "refresh_token"],
}


def _settings(**options: Any) -> Any:
    return read(SiteConfig("jira", "acme", {"url": SITE, **options}))


@pytest.mark.parametrize("auth", NEEDED)
def test_each_way_needs_its_own_settings_and_no_others(auth):
    given = dict.fromkeys(NEEDED[auth], "some-value")
    settings = _settings(auth=auth, **given)
    assert settings.is_datacenter is (auth == "pat")
    at_gateway = "https://api.atlassian.com/ex/jira/some-value"
    assert settings.address == (at_gateway if auth in ("scoped", "oauth") else SITE)
    assert not any(f"{name}=" in repr(settings) for name in ("api_token", "client_secret", "refresh_token"))
    with pytest.raises(ConfigurationError) as error:
        _settings(auth=auth)
    assert [name for name in NEEDED[auth] if f"{name} is missing" not in error.value.message] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auth": "magic", "api_token": "x", "email": "e"}, "auth must be one of token, pat, scoped, oauth"),
        ({"auth": "scoped", "cloud_id": "../../x", "api_token": "x"}, "cloud_id may have"),
        ({"auth": "scoped", "cloud_id": "a-1", "api_token": "x", "flavour": "datacenter"}, "of Jira Cloud"),
        ({"auth": "pat", "api_token": "x", "gateway": "http://elsewhere.test"}, "gateway must begin with https"),
        ({"auth": "pat", "api_token": "x", "token_url": "ftp://x"}, "token_url must look like"),
    ],
)
def test_contradictions_are_told_before_anything_is_asked(options, said):
    with pytest.raises(ConfigurationError, match=said):
        _settings(**options)


def _told(source: Any) -> tuple[str, str]:
    """What the failed sync says, and what doctor's last finding advises."""
    with pytest.raises(SourceError) as error:
        collect(source.sync(None))
    findings = source.check()
    assert not findings[-1].ok
    return str(error.value), findings[-1].remedy


@pytest.fixture(scope="module")
def cloud():
    with running_world(small_world(8)) as jira:
        yield jira
        settle(jira)


@pytest.fixture(scope="module")
def server():
    with running_world(small_world(8), flavour="datacenter") as jira:
        yield jira
        settle(jira)


@pytest.mark.parametrize("auth", ["scoped", "oauth"])
def test_the_gateway_serves_a_whole_sync_and_a_healthy_doctor(cloud, auth):
    source = at_gateway(cloud, auth, Store())
    assert collect(source.sync(None)).outcome.status == "complete"
    assert all(finding.ok for finding in source.check())


def test_a_service_accounts_token_has_no_email(cloud):
    assert collect(at_gateway(cloud, "scoped", email="").sync(None)).outcome.status == "complete"


def test_a_data_center_takes_a_personal_access_token_or_a_password(server):
    pat = connect(server.url, [], server.email, server.sandbox.options.pat, auth="pat")
    password = connect(server.url, [], server.email, server.token, flavour="datacenter")
    for source in (pat, password):
        assert collect(source.sync(None)).outcome.status == "complete"
    findings = pat.check()
    assert all(finding.ok for finding in findings)
    assert "story points, sprint, epic link" in findings[-1].detail


def test_a_token_with_scopes_on_the_sites_address_is_recognised(cloud):
    known = cloud.sandbox.options
    said, advice = _told(connect(cloud.url, [], cloud.email, known.scoped_token, gateway=cloud.url))
    assert f"`auth: scoped` and `cloud_id: {known.cloud_id}`" in said
    assert advice.startswith("This is a token with scopes, which works only at the gateway")
    assert f"`auth: scoped` and `cloud_id: {known.cloud_id}`" in advice


def test_a_mistyped_token_is_not_taken_for_one_with_scopes_and_goes_to_no_gateway(cloud):
    before = cloud.sandbox.requests.copy()
    _, advice = _told(connect(cloud.url, [], cloud.email, "mistyped"))
    assert "mistyped, expired or revoked" in advice
    assert not [path for path in cloud.sandbox.requests - before if path.startswith("/ex/jira")]


def test_a_token_without_scopes_at_the_gateway_is_recognised(cloud):
    _, advice = _told(at_gateway(cloud, "scoped", api_token=cloud.token))
    assert advice == "This is a token without scopes: set `auth: token` and leave cloud_id out."


def test_a_wrong_cloud_id_is_told_beside_the_right_one(cloud):
    said, advice = _told(at_gateway(cloud, "scoped", cloud_id="0000"))
    assert cloud.sandbox.options.cloud_id in said
    assert advice.startswith("cloud_id is 0000")


def test_a_personal_access_token_on_cloud_is_told_what_cloud_takes(cloud):
    said, advice = _told(connect(cloud.url, [], cloud.email, "some-pat", auth="pat"))
    assert "Jira Cloud, which knows no personal access tokens" in said
    assert "`auth: token`" in advice


def test_an_api_token_on_a_data_center_is_told_what_it_takes(server):
    said, advice = _told(connect(server.url, [], server.email, server.token))
    assert "`auth: pat`" in said
    assert "Personal Access Tokens" in advice


def test_a_wrong_personal_access_token_is_told_so(server):
    said, advice = _told(connect(server.url, [], "", "wrong", auth="pat"))
    assert "Check the personal access token" in said
    assert "revoked" in advice


def test_an_expired_refresh_token_is_told_what_to_do(cloud):
    said, advice = _told(at_gateway(cloud, "oauth", Store(), refresh_token="expired-refresh-token"))
    assert "refresh token is not accepted" in said
    assert advice.startswith("Authorise the app again")
    assert "expired-refresh-token" not in said + advice


def test_a_wrong_client_secret_is_an_authentication_error(cloud):
    with pytest.raises(AuthenticationError, match="not accepted"):
        collect(at_gateway(cloud, "oauth", Store(), client_secret="wrong").sync(None))


def test_a_site_that_says_it_is_the_other_flavour_is_refused_before_it_is_read(server):
    source = connect(server.url, [], "", server.sandbox.options.pat, auth="pat", flavour="cloud")
    with pytest.raises(SourceError, match="is a Jira Data Center"):
        collect(source.sync(None))
