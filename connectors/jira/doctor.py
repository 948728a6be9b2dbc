"""What `slipstream doctor` tells of a Jira site: each step tried in turn, and how to mend what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from connectors.errors import AuthenticationError, NotFoundError, ProtocolError, SourceError, UnreachableError
from connectors.http import Session, get
from connectors.jira import issues, registrations, signin, wire
from connectors.jira.client import Client
from connectors.jira.config import Settings
from connectors.jira.loop import Loop
from connectors.jira.oauth import RefreshRefusedError
from connectors.source import Clock, Finding

_POINTS: Final = "jsw-story-points"
_object: Final = msgspec.json.Decoder(dict[str, Any]).decode
_list: Final = msgspec.json.Decoder(list[dict[str, Any]]).decode


def examine(settings: Settings, loop: Loop, session: Session, client: Client, clock: Clock) -> list[Finding]:
    """All findings; a step that everything behind it rests on ends the examination when it fails."""
    return list(_Examination(settings, loop, session, client, clock).findings())


@dataclass
class _Examination:
    settings: Settings
    loop: Loop
    session: Session
    client: Client
    clock: Clock

    def __post_init__(self) -> None:
        self.flavour = signin.flavour_of(self.settings)

    def findings(self) -> Iterator[Finding]:
        try:
            info = self.client.server_info()
        except SourceError as error:
            yield from _unreached(self.settings.address, self._explained(error))
            return
        yield Finding("address", True, f"{self.settings.address} answers")
        yield (known := self._step("jira", lambda: self._is_jira(info)))
        if not known.ok:
            return
        yield (signed := self._step("credentials", self._credentials))
        if not signed.ok:
            return
        for name, step in (
            ("projects", self._projects),
            ("search", self._search),
            ("time", lambda: self._time(info)),
            ("boards", self._boards),
            ("fields", self._fields),
        ):
            yield self._step(name, step)
        if self.settings.webhook_url:
            yield self._step("webhooks", lambda: self._webhooks(info))

    def _step(self, name: str, step: Callable[[], tuple[bool, str, str]]) -> Finding:
        try:
            ok, detail, remedy = step()
        except SourceError as failure:
            error = self._explained(failure)
            return Finding(name, False, error.message, error.remedy)
        return Finding(name, ok, detail, "" if ok else remedy)

    def _explained(self, error: SourceError) -> SourceError:
        """A refused sign-in says little by itself: see what the site is, and whether the token belongs elsewhere."""
        refused = isinstance(error, AuthenticationError | NotFoundError) and not isinstance(error, RefreshRefusedError)
        if refused and not hasattr(self, "me"):
            seen = self.loop.run(signin.look(self.settings, self.clock))
            elsewhere = self.loop.run(signin.works_elsewhere(self.settings, seen, self.clock))
            error.remedy = elsewhere or signin.advice(self.settings, seen) or error.remedy
        return error

    def _is_jira(self, info: dict[str, Any]) -> tuple[bool, str, str]:
        signin.check(self.settings, info)
        return True, f"Jira {info.get('deploymentType', '')} {info['version']}", ""

    def _credentials(self) -> tuple[bool, str, str]:
        self.me = self.client.myself()
        name = self.me.get("displayName") or self.me.get("accountId") or self.me.get("name")
        return bool(name), f"signed in as {name}", "Check the account and its token."

    def _projects(self) -> tuple[bool, str, str]:
        raws = self.loop.run(self.flavour.projects(self.session))
        heads = [wire.id_key(bytes(raw)) for raw in raws]
        keys = {name for head in heads for name in (head.key, str(head.id))}
        unseen = [name for name in self.settings.projects if name not in keys]
        remedy = (
            "Check how the settings spell them, or give the account the permission Browse Projects in every project "
            "that the PMO reports on."
        )
        if unseen:
            return False, f"{len(raws)} projects visible, but not {', '.join(unseen)}", remedy
        return bool(raws), f"{len(raws)} projects visible", remedy

    def _search(self) -> tuple[bool, str, str]:
        jql = issues.ordered(issues.scope(self.settings.projects))
        page = self.loop.run(self.flavour.sample(self.session, jql, ["updated"], changelog=True))
        remedy = "Is the site empty? If not, check Browse Projects and issue security for this account."
        if not page.heads:
            return False, "the search works, but finds no issue", remedy
        has_changelog = page.heads[0].changelog is not None
        return True, "issues are found" + (", with their changelog" if has_changelog else ", changelogs come apart"), ""

    def _time(self, info: dict[str, Any]) -> tuple[bool, str, str]:
        zone, at = self.me.get("timeZone", "unknown"), wire.moment(info.get("serverTime"))
        told = "no clock" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
        detail = f"the site's clock: {told}; the account's time zone: {zone} (searches do not depend on it)"
        return at is not None, detail, "The site tells no time: this machine's clock is used; keep it right."

    def _boards(self) -> tuple[bool, str, str]:
        try:
            page = self.loop.run(self.session.fetch(get("/rest/agile/1.0/board", ("maxResults", "1")), _object))
        except (UnreachableError, ProtocolError):
            raise
        except SourceError as error:
            return True, f"boards and sprints are not offered here ({error.message}); everything else works", ""
        return True, f"boards and sprints are offered ({page.get('total', 'some')} boards)", ""

    def _fields(self) -> tuple[bool, str, str]:
        fields = self.loop.run(self.session.fetch(get(f"{self.flavour.api}/field"), _list))
        kinds = {str((field.get("schema") or {}).get("custom", "")).rpartition(":")[2] for field in fields}
        names = {str(field.get("name", "")).lower() for field in fields}  # Data Center's points are a plain number
        parts = [
            ("story points", _POINTS in kinds or "story points" in names),
            ("sprint", "gh-sprint" in kinds),
            ("epic link", "gh-epic-link" in kinds),
        ]
        found = ", ".join(name for name, there in parts if there) or "none of story points, sprint, epic link"
        return True, f"{len(fields)} fields; by type: {found}", ""

    def _webhooks(self, info: dict[str, Any]) -> tuple[bool, str, str]:
        now = wire.moment(info.get("serverTime")) or self.session.clock()
        tended = self.loop.run(registrations.tend(self.session, self.settings.webhook_url, now))
        return tended.ok, tended.detail, f"Register them again (POST {registrations.PATH}) as the app that owns them."


def _unreached(url: str, error: SourceError) -> Iterator[Finding]:
    if isinstance(error, UnreachableError):
        yield Finding("address", False, error.message, error.remedy)
        return
    yield Finding("address", True, f"{url} answers")
    name = "credentials" if isinstance(error, AuthenticationError) else "jira"
    yield Finding(name, False, error.message, error.remedy)
