"""How the site itself behaves, switched while it runs: index lag, the server's clock, the API user's time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.lag import IndexLag
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.world import World


class Switched(Protocol):
    """What a switch needs of a site."""

    zone: ZoneInfo
    lag: IndexLag
    skew: timedelta

    @property
    def world(self) -> World: ...

    def work_through(self, days: int) -> None: ...


def pass_time(site: Switched, seconds: float) -> Doc:
    """The clock goes on and nothing else happens."""
    if seconds < 0:
        raise JiraError(400, "Time moves forward.")
    return _moved(site, site.world.now + timedelta(seconds=seconds))


def pass_time_until(site: Switched, moment: str) -> Doc:
    """The clock goes on to this instant (ISO 8601 with offset)."""
    at = datetime.fromisoformat(moment)
    if at < site.world.now:
        raise JiraError(400, "Time moves forward.")
    return _moved(site, at)


def _moved(site: Switched, at: datetime) -> Doc:
    site.world.now = at
    return {"now": at.isoformat()}


def set_clock_skew(site: Switched, seconds: float) -> Doc:
    """The server's clock is set this far from the true time: all it stamps from now on carries it."""
    skew = timedelta(seconds=seconds)
    site.world.now += skew - site.skew
    site.skew = skew
    return {"now": site.world.now.isoformat()}


def set_index_lag(site: Switched, seconds: int) -> Doc:
    """Searches see the site as it stood so long ago; 0 ends it."""
    if seconds < 0:
        raise JiraError(400, "An index cannot be ahead.")
    site.lag.turn(int(seconds))
    return {"seconds": seconds}


def set_time_zone(site: Switched, zone: str) -> Doc:
    """Of the API user: how times are written, and how JQL reads them."""
    try:
        site.zone = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise JiraError(400, f"There is no time zone {zone!r}.") from error
    return {"zone": zone}


def advance(site: Switched, days: int) -> Doc:
    """Days pass, and the simulated portfolio works through them."""
    site.work_through(days)
    return {"days": days}


SWITCHES: Final[Mapping[str, Callable[..., Doc]]] = {
    switch.__name__: switch
    for switch in (pass_time, pass_time_until, set_clock_skew, set_index_lag, set_time_zone, advance)
}
