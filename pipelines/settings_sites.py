"""Reads the sites' YAML files for `settings`: one file a site, `${NAME}` filled in from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from connectors.errors import ConfigurationError
from connectors.source import SiteConfig
from pipelines.settings_secrets import SecretOptions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a reference fills in is a secret, unless its key says that it is an address or a name.
_PUBLIC_KEY = re.compile(r"url|host|email|user|folder|path|site|name|project", re.IGNORECASE)


@dataclass(frozen=True)
class SiteFile:
    """A site, the file that defines it and the variables this file refers to."""

    site: SiteConfig
    path: Path
    variables: frozenset[str]


def read_sites(sources: Path, env: Mapping[str, str], home: Path, *, required: bool) -> list[SiteFile]:
    """The sites of a folder of YAML files (or of one file), in the order of the file names."""
    if sources.is_file():
        paths = [sources]
    elif sources.is_dir():
        paths = sorted(p for p in sources.iterdir() if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    elif required:
        raise ConfigurationError(
            f"SLIPSTREAM_SOURCES is {sources}, which does not exist.", "Create the folder, or correct the variable."
        )
    else:
        return []
    files = [_read(path, env, home) for path in paths]
    _refuse_duplicates(files)
    return files


def _refuse_duplicates(files: list[SiteFile]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        name = file.site.site.casefold()  # a file system may not tell upper from lower case
        if name in seen:
            raise ConfigurationError(
                f"The site '{file.site.site}' is defined twice: in {seen[name]} and in {file.path}.",
                "Give one of them another `site`.",
            )
        seen[name] = file.path


def _read(path: Path, env: Mapping[str, str], home: Path) -> SiteFile:
    content = _parse(path)
    names = {key: _name(path, content, key) for key in ("type", "site")}
    resolver = _Resolver(path, env)
    options = {k: resolver.resolve(v, str(k)) for k, v in content.items() if k not in names}
    if names["type"] == "registers":
        folder = Path(str(options.get("folder") or home / "inbox" / names["site"])).expanduser()
        options["folder"] = str(folder if folder.is_absolute() else (path.parent / folder).absolute())
    site = SiteConfig(names["type"], names["site"], SecretOptions(options, resolver.secrets))
    return SiteFile(site, path, frozenset(resolver.variables))


def _parse(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = error.problem or "no valid YAML"
        raise ConfigurationError(f"{path}, line {line}: {problem}.", "Correct that line.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no readable YAML: {error}.", "Save it as UTF-8 text.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", "Correct its access rights.") from None
    if not isinstance(content, dict):
        raise ConfigurationError(
            f"{path}, line 1: expected `key: value` lines.", "It needs at least `type: jira` and `site: <a name>`."
        )
    return content


def _name(path: Path, content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if value is None:
        raise ConfigurationError(f"{path}: `{key}` is missing.", f"Add a line `{key}: …`.")
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ConfigurationError(
            f"{path}: `{key}` is {value!r}.", "It may have letters, digits, '-', '_' and '.', and is part of every id."
        )
    return value


class _Resolver:
    """Fills in `${NAME}` and remembers which values are secret."""

    def __init__(self, path: Path, env: Mapping[str, str]) -> None:
        self.path, self.env = path, env
        self.secrets: set[str] = set()
        self.variables: set[str] = set()

    def resolve(self, value: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {k: self.resolve(v, f"{key}.{k}") for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(v, f"{key}[{i}]") for i, v in enumerate(value)]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda match: self._fill(match[1], key), value)
        return value

    def _fill(self, name: str, key: str) -> str:
        if not _VARIABLE.fullmatch(name):
            raise ConfigurationError(f"{self.path}: `{key}` refers to ${{{name}}}, which is no variable's name.")
        value = self.env.get(name, "")
        if not value:
            raise ConfigurationError(
                f"{self.path}: `{key}` refers to ${{{name}}}, but the environment variable {name} is not set.",
                f"Export {name} where Slipstream is started; load a .env file yourself (`set -a; . ./.env; set +a`).",
            )
        self.variables.add(name)
        if not _PUBLIC_KEY.search(key.rsplit(".", 1)[-1]):
            self.secrets.add(value)
        return value
