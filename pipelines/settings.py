"""The only reader of the environment: where state lives, which sites there are, and their secrets.

Reading a site's YAML is in `settings_sites.py`; what an option means is the connector's business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from connectors.errors import ConfigurationError
from connectors.source import SiteConfig
from pipelines.resources.tokens import TokenFile
from pipelines.settings_places import Places, read_places
from pipelines.settings_secrets import SecretOptions
from pipelines.settings_sites import SiteFile, read_sites

GovernanceMode = Literal["supportive", "controlling", "directive"]
GOVERNANCE_MODES = ("supportive", "controlling", "directive")
JIRA_VARIABLES = {"JIRA_URL": "url", "JIRA_EMAIL": "email", "JIRA_API_TOKEN": "api_token"}


@dataclass(frozen=True)
class Settings:
    """Everything the environment says, read once and passed on as a value."""

    home: Path
    sources_dir: Path
    sites: tuple[SiteConfig, ...] = ()
    reporting_timezone: str = "UTC"
    reporting_currency: str = "EUR"
    hours_per_day: float = 8.0
    overloaded_above: float = 1.0
    governance_mode: GovernanceMode = "controlling"
    notify_urls: tuple[str, ...] = field(default=(), repr=False)  # they hold passwords
    lock_wait_seconds: float = 120.0
    threads: int | None = None
    memory_limit: str | None = None
    places: Places = field(default_factory=Places)

    @property
    def portfolio(self) -> dict[str, str | float]:
        """What the portfolio sets and its tables are computed by, under the names dbt knows."""
        names = ("reporting_timezone", "reporting_currency", "hours_per_day", "overloaded_above")
        return {name: getattr(self, name) for name in names}

    @property
    def landing_dir(self) -> Path | str:
        """A folder, or the address of an object store."""
        return self.places.landing or self.home / "landing"

    @property
    def ledger_dir(self) -> Path | str:
        return self.places.ledger or self.home / "ledger"

    @property
    def locks_dir(self) -> Path:
        """Where syncs of one site exclude each other: beside the landing, where that is a folder."""
        landing = self.landing_dir
        return landing / "_locks" if isinstance(landing, Path) else self.home / "locks"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse" / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.home / "published"

    @property
    def quarantine_dir(self) -> Path:
        return self.home / "quarantine"

    @property
    def inbox_dir(self) -> Path:
        return self.home / "inbox"

    @property
    def webhooks_dir(self) -> Path:
        return self.home / "webhooks"

    @property
    def dagster_dir(self) -> Path:
        return self.home / "dagster"

    def site(self, name: str) -> SiteConfig:
        """The site of that name; an unknown one is an error that lists the known."""
        for site in self.sites:
            if site.site == name:
                return site
        known = ", ".join(s.site for s in self.sites) or "none"
        raise ConfigurationError(
            f"There is no site '{name}' (known: {known}).",
            f"Add {self.sources_dir}/{name}.yaml, or set JIRA_URL, JIRA_EMAIL and JIRA_API_TOKEN for the site 'jira'.",
        )


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; what is missing or contradicts itself is a ConfigurationError that says how to mend it."""
    env = os.environ if environ is None else environ
    home = Path(env.get("SLIPSTREAM_HOME") or ".slipstream").expanduser().absolute()
    named = env.get("SLIPSTREAM_SOURCES")
    sources = Path(named).expanduser().absolute() if named else home / "sources"
    files = read_sites(sources, {**env, "SLIPSTREAM_HOME": str(home)}, home, required=bool(named))
    return Settings(
        home=home,
        sources_dir=sources,
        sites=tuple(_kept(site, home) for site in (*(f.site for f in files), *_jira_site(env, files))),
        reporting_timezone=_timezone(env),
        reporting_currency=_currency(env),
        hours_per_day=_number(env, "SLIPSTREAM_HOURS_PER_DAY", 8.0, "hours above 0, at most 24", 24),
        overloaded_above=_number(env, "SLIPSTREAM_OVERLOADED_ABOVE", 1.0, "a share above 0, such as 1.1", 10),
        governance_mode=_governance_mode(env),
        notify_urls=_addresses(env.get("SLIPSTREAM_NOTIFY", "")),
        lock_wait_seconds=_seconds(env, "SLIPSTREAM_LOCK_WAIT", 120.0),
        threads=_count(env, "SLIPSTREAM_THREADS"),
        memory_limit=env.get("SLIPSTREAM_MEMORY") or None,
        places=read_places(env, home),
    )


def _kept(site: SiteConfig, home: Path) -> SiteConfig:
    """The site with a place for the secrets that it is given anew as it runs."""
    return replace(site, tokens=TokenFile(home / "tokens" / f"{site.type}-{site.site}.json"))


def crash_at() -> str:
    """The crash point a test asked for (see crashpoints.py); empty in normal life."""
    return os.environ.get("SLIPSTREAM_CRASH_AT", "")


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process we start: our own, and `extra` on top."""
    return {**os.environ, **extra}


def enter_dagster_home(folder: Path) -> None:
    """Dagster finds its files by DAGSTER_HOME, to which dagster.yaml refers: for our own runs as for its UI."""
    os.environ["DAGSTER_HOME"] = str(folder)


def _jira_site(env: Mapping[str, str], files: list[SiteFile]) -> list[SiteConfig]:
    """The site `jira` of the three JIRA_ variables. Variables that a YAML refers to belong to that YAML."""
    if any(name in f.variables for f in files for name in JIRA_VARIABLES):
        return []
    given = {name: env[name].strip() for name in JIRA_VARIABLES if env.get(name, "").strip()}
    if not given:
        return []
    missing = [name for name in JIRA_VARIABLES if name not in given]
    if missing:
        raise ConfigurationError(
            f"{_list(list(given))} {'is' if len(given) == 1 else 'are'} set, but {_list(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            "Set all three (JIRA_URL, JIRA_EMAIL, JIRA_API_TOKEN), or none of them.",
        )
    for file in files:
        if file.site.site.casefold() == "jira":
            raise ConfigurationError(
                f"The site 'jira' is defined twice: by {file.path} and by JIRA_URL, JIRA_EMAIL and JIRA_API_TOKEN.",
                "Unset the variables, or give the site in the file another name.",
            )
    options = SecretOptions({JIRA_VARIABLES[k]: v for k, v in given.items()}, [given["JIRA_API_TOKEN"]])
    return [SiteConfig("jira", "jira", options)]


def _addresses(text: str) -> tuple[str, ...]:
    """Apprise addresses parted by blanks, or by commas before the next scheme (a comma may stand in an address)."""
    return tuple(part for part in re.split(r"\s+|,\s*(?=[A-Za-z][\w+.-]*://)", text) if part.strip(","))


def _timezone(env: Mapping[str, str]) -> str:
    name = env.get("SLIPSTREAM_TIMEZONE") or "UTC"
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            f"SLIPSTREAM_TIMEZONE is '{name}', which is no time zone.", "Give an IANA name such as Europe/Berlin."
        ) from None
    return name


def _currency(env: Mapping[str, str]) -> str:
    code = (env.get("SLIPSTREAM_CURRENCY") or "EUR").strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ConfigurationError(f"SLIPSTREAM_CURRENCY is '{code}'.", "Give a three-letter code such as EUR.")
    return code


def _number(env: Mapping[str, str], name: str, default: float, meaning: str, most: float) -> float:
    """A number above 0, told exactly to four decimals."""
    text = env.get(name, "").strip()
    try:
        value = round(float(text), 4) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value <= most:
        raise ConfigurationError(f"{name} is '{text}'.", f"Give {meaning}.")
    return value


def _governance_mode(env: Mapping[str, str]) -> GovernanceMode:
    mode = (env.get("SLIPSTREAM_GOVERNANCE_MODE") or "controlling").strip().lower()
    if mode not in GOVERNANCE_MODES:
        raise ConfigurationError(
            f"SLIPSTREAM_GOVERNANCE_MODE is '{mode}'.", f"It may be {', '.join(GOVERNANCE_MODES[:-1])} or directive."
        )
    return cast(GovernanceMode, mode)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise ConfigurationError(f"{name} is '{text}'.", "Give a number of seconds, 0 or more.")
    return value


def _count(env: Mapping[str, str], name: str) -> int | None:
    text = env.get(name, "").strip()
    if text and not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise ConfigurationError(f"{name} is '{text}'.", "Give a whole number, 1 or more.")
    return int(text) if text else None


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
