"""What `slipstream doctor` tells of a Jira site: each step tried in turn, and how to mend what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from connectors.errors import AuthenticationError, ProtocolError, SourceError, UnreachableError
from connectors.http import Session, get, post
from connectors.jira import issues, registrations, wire
from connectors.jira.client import Client
from connectors.jira.config import Settings
from connectors.jira.loop import Loop
from connectors.jira.pages import by_offset
from connectors.source import Finding

_POINTS: Final = "jsw-story-points"
_object: Final = msgspec.json.Decoder(dict[str, Any]).decode
_list: Final = msgspec.json.Decoder(list[dict[str, Any]]).decode


def examine(settings: Settings, loop: Loop, session: Session, client: Client) -> list[Finding]:
    """All findings; a step that everything behind it rests on ends the examination when it fails."""
    return list(_Examination(settings, loop, session, client).findings())


@dataclass
class _Examination:
    settings: Settings
    loop: Loop
    session: Session
    client: Client

    def findings(self) -> Iterator[Finding]:
        try:
            info = self.client.server_info()
        except SourceError as error:
            yield from _unreached(self.settings.url, error)
            return
        yield Finding("address", True, f"{self.settings.url} answers")
        yield _is_jira(info)
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
        except SourceError as error:
            return Finding(name, False, error.message, error.remedy)
        return Finding(name, ok, detail, "" if ok else remedy)

    def _credentials(self) -> tuple[bool, str, str]:
        self.me = self.client.myself()
        name = self.me.get("displayName") or self.me.get("accountId")
        return bool(name), f"signed in as {name}", "Check the e-mail address and the API token."

    def _projects(self) -> tuple[bool, str, str]:
        raws = self.loop.run(by_offset(self.session, "/rest/api/3/project/search"))
        heads = [wire.id_key(bytes(raw)) for raw in raws]
        keys = {name for head in heads for name in (head.key, str(head.id))}
        unseen = [name for name in self.settings.projects if name not in keys]
        remedy = "Give the account the permission Browse Projects in every project that the PMO reports on."
        if unseen:
            return False, f"{len(raws)} projects visible, but not {', '.join(unseen)}", remedy
        return bool(raws), f"{len(raws)} projects visible", remedy

    def _search(self) -> tuple[bool, str, str]:
        jql = issues.ordered(issues.scope(self.settings.projects))
        body = {"jql": jql, "maxResults": 1, "fields": ["updated"], "expand": "changelog"}
        page = self.loop.run(self.session.fetch(post(issues.SEARCH, body), wire.issue_page))
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
        fields = self.loop.run(self.session.fetch(get("/rest/api/3/field"), _list))
        kinds = {str((field.get("schema") or {}).get("custom", "")).rpartition(":")[2] for field in fields}
        parts = [
            ("story points", _POINTS in kinds),
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


def _is_jira(info: dict[str, Any]) -> Finding:
    kind, version = info.get("deploymentType", ""), info.get("version", "")
    remedy = "Check the address: it must be the root of a Jira Cloud site."
    ok = bool(version) and "baseUrl" in info and str(kind).lower() == "cloud"
    return Finding("jira", ok, f"Jira {kind} {version}".strip() if version else "not a Jira", "" if ok else remedy)
