"""Settings: what the environment may say, and what a person reads when it says something else."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from connectors.errors import ConfigurationError
from pipelines import settings
from pipelines.settings_secrets import scrub

JIRA = {"JIRA_URL": "https://acme.atlassian.net", "JIRA_EMAIL": "bot@acme.test", "JIRA_API_TOKEN": "s3cr3t-token"}


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SLIPSTREAM_HOME": str(tmp_path), **more}


def site_file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / "sources" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(environ: dict[str, str]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ)
    return caught.value


def test_an_empty_environment_has_no_sites_and_sane_defaults(tmp_path: Path) -> None:
    config = settings.load(env(tmp_path))
    assert config.sites == ()
    assert config.home == tmp_path
    assert config.sources_dir == tmp_path / "sources"
    assert config.warehouse_path == tmp_path / "warehouse" / "warehouse.duckdb"
    assert (config.reporting_timezone, config.governance_mode, config.notify_urls) == ("UTC", "controlling", ())


def test_home_defaults_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load({}).home == tmp_path / ".slipstream"


def test_three_variables_make_the_site_jira(tmp_path: Path) -> None:
    (site,) = settings.load(env(tmp_path, **JIRA)).sites
    assert (site.type, site.site) == ("jira", "jira")
    assert site.options == {"url": JIRA["JIRA_URL"], "email": JIRA["JIRA_EMAIL"], "api_token": "s3cr3t-token"}


@pytest.mark.parametrize("missing", sorted(JIRA))
def test_partial_jira_settings_name_what_is_missing(tmp_path: Path, missing: str) -> None:
    error = refusal(env(tmp_path, **{k: v for k, v in JIRA.items() if k != missing}))
    assert f"{missing} is missing" in str(error)
    assert "s3cr3t-token" not in str(error)


def test_a_site_file_is_read_with_its_references_filled_in(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "type: jira\nsite: acme\nurl: https://${HOST}/x\nauth: {api_token: '${TOKEN}'}\n")
    (site,) = settings.load(env(tmp_path, HOST="acme.test", TOKEN="hush-hush")).sites
    assert site.options == {"url": "https://acme.test/x", "auth": {"api_token": "hush-hush"}}


def test_secrets_are_in_no_repr_but_addresses_are(tmp_path: Path) -> None:
    text = "type: jira\nsite: acme\nurl: ${HOST}\nlogin: ${TOKEN}\npassword: open-sesame\nlist: [a, '${TOKEN}']\n"
    site_file(tmp_path, "a.yaml", text)
    mail = "mailto://me:mailpass@smtp.test"
    config = settings.load(env(tmp_path, HOST="https://acme.test", TOKEN="hush-hush", SLIPSTREAM_NOTIFY=mail))
    shown = repr(config) + str(config.sites[0]) + str(config.sites[0].options)
    assert "https://acme.test" in shown
    for secret in ("hush-hush", "open-sesame", "mailpass"):
        assert secret not in shown
    assert "hush-hush" not in repr(pickle.loads(pickle.dumps(config)))  # noqa: S301


def test_scrubbing_finds_every_form_in_which_a_secret_travels(tmp_path: Path) -> None:
    (site,) = settings.load(env(tmp_path, **JIRA | {"JIRA_API_TOKEN": "s3cr3t/+x="})).sites
    basic = "Ym90QGFjbWUudGVzdDpzM2NyM3QvK3g9"  # base64 of email:token
    text = scrub(f"GET https://bot:s3cr3t/+x=@a.test?t=s3cr3t%2F%2Bx%3D Authorization: Basic {basic}", site.options)
    assert text == "GET https://bot:***@a.test?t=*** Authorization: Basic ***"


def test_a_reference_to_an_unset_variable_names_file_key_and_variable(tmp_path: Path) -> None:
    path = site_file(tmp_path, "a.yaml", "type: jira\nsite: acme\nauth:\n  api_token: ${NOWHERE}\n")
    for environ in (env(tmp_path), env(tmp_path, NOWHERE="")):
        message = str(refusal(environ))
        assert str(path) in message
        assert "`auth.api_token`" in message
        assert "NOWHERE" in message


def test_broken_yaml_names_file_and_line(tmp_path: Path) -> None:
    path = site_file(tmp_path, "a.yaml", "type: jira\nsite: acme\nurl: [1, 2\nemail: x\n")
    assert str(refusal(env(tmp_path))).startswith(f"{path}, line 4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("just words", "expected `key: value` lines"),
        ("site: acme", "`type` is missing"),
        ("type: jira", "`site` is missing"),
        ("type: jira\nsite: 'a:b'", "`site` is 'a:b'"),
        ("type: jira\nsite: 12", "`site` is 12"),
        ("type: jira\nsite: x\nurl: ${not a name}", "${not a name}"),
    ],
)
def test_a_file_that_is_no_site_says_why(tmp_path: Path, text: str, words: str) -> None:
    site_file(tmp_path, "a.yaml", text)
    assert words in str(refusal(env(tmp_path)))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in str(refusal(env(tmp_path)))


def test_two_files_with_the_same_site_are_refused_whatever_the_case(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "type: jira\nsite: acme\n")
    site_file(tmp_path, "b.yml", "type: registers\nsite: Acme\n")
    message = str(refusal(env(tmp_path)))
    assert "a.yaml" in message
    assert "b.yml" in message


def test_a_site_jira_in_a_file_and_in_the_variables_is_refused(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "type: jira\nsite: jira\nurl: https://other.test\n")
    assert "defined twice" in str(refusal(env(tmp_path, **JIRA)))


def test_variables_that_a_file_refers_to_make_no_site_of_their_own(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "type: jira\nsite: main\nurl: https://x.test\napi_token: ${JIRA_API_TOKEN}\n")
    assert [s.site for s in settings.load(env(tmp_path, JIRA_API_TOKEN="tttt")).sites] == ["main"]
    assert [s.site for s in settings.load(env(tmp_path, **JIRA)).sites] == ["main"]


def test_sources_may_be_one_file_or_another_folder(tmp_path: Path) -> None:
    path = site_file(tmp_path, "a.yaml", "type: jira\nsite: acme\n")
    for place in (path, path.parent):
        assert len(settings.load({"SLIPSTREAM_HOME": "/nowhere", "SLIPSTREAM_SOURCES": str(place)}).sites) == 1


def test_a_named_sources_folder_must_exist(tmp_path: Path) -> None:
    assert "does not exist" in str(refusal(env(tmp_path, SLIPSTREAM_SOURCES=str(tmp_path / "absent"))))


def test_registers_watch_the_inbox_unless_they_name_a_folder(tmp_path: Path) -> None:
    site_file(tmp_path, "a.yaml", "type: registers\nsite: pmo\n")
    site_file(tmp_path, "b.yaml", "type: registers\nsite: other\nfolder: books\n")
    first, second = settings.load(env(tmp_path)).sites
    assert first.options["folder"] == str(tmp_path / "inbox" / "pmo")
    assert second.options["folder"] == str(tmp_path / "sources" / "books")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLIPSTREAM_TIMEZONE", "Mars/Olympus"),
        ("SLIPSTREAM_TIMEZONE", "../etc/passwd"),
        ("SLIPSTREAM_CURRENCY", "Euro"),
        ("SLIPSTREAM_HOURS_PER_DAY", "25"),
        ("SLIPSTREAM_OVERLOADED_ABOVE", "110%"),
        ("SLIPSTREAM_GOVERNANCE_MODE", "harsh"),
        ("SLIPSTREAM_LOCK_WAIT", "soon"),
        ("SLIPSTREAM_LOCK_WAIT", "nan"),
        ("SLIPSTREAM_THREADS", "0"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(tmp_path: Path, name: str, value: str) -> None:
    assert name in str(refusal(env(tmp_path, **{name: value})))


def test_good_values_are_taken(tmp_path: Path) -> None:
    config = settings.load(
        env(
            tmp_path,
            SLIPSTREAM_TIMEZONE="Europe/Berlin",
            SLIPSTREAM_CURRENCY="chf",
            SLIPSTREAM_HOURS_PER_DAY="7.7",
            SLIPSTREAM_OVERLOADED_ABOVE="1.1",
            SLIPSTREAM_GOVERNANCE_MODE="Directive",
            SLIPSTREAM_LOCK_WAIT="1.5",
            SLIPSTREAM_NOTIFY="slack://a/b/c, mailto://u:p@h?to=a@x,b@x  json://z",
        )
    )
    assert config.portfolio == {
        "reporting_timezone": "Europe/Berlin",
        "reporting_currency": "CHF",
        "hours_per_day": 7.7,
        "overloaded_above": 1.1,
    }
    assert (config.governance_mode, config.lock_wait_seconds) == ("directive", 1.5)
    assert config.notify_urls == ("slack://a/b/c", "mailto://u:p@h?to=a@x,b@x", "json://z")


def test_an_unknown_site_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="known: jira"):
        settings.load(env(tmp_path, **JIRA)).site("jiira")
