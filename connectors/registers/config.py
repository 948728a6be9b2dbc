"""What a registers site needs to know: which folder is watched and which Jira site its project keys belong to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.errors import ConfigurationError
from connectors.source import SiteConfig


@dataclass(frozen=True)
class RegistersConfig:
    """The options of one site's YAML, checked."""

    site: str
    folder: Path
    project_site: str

    @classmethod
    def parse(cls, config: SiteConfig) -> RegistersConfig:
        return cls(
            site=config.site,
            folder=Path(_text(config, "folder", "the drop folder with the register workbooks")).expanduser(),
            project_site=_text(config, "project_site", "the site of the Jira whose project keys the register uses"),
        )


def _text(config: SiteConfig, name: str, meaning: str) -> str:
    value = config.options.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(
            f"The registers site '{config.site}' has no '{name}' ({meaning}).",
            f"Add '{name}: ...' to the site's YAML in the sources folder.",
        )
    return value.strip()
