"""The peers as `peers.toml` lists them, and the virtual environment each of them needs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".dev" / "peers"


@dataclass(frozen=True)
class Peer:
    """One way to get Jira's issues. `issues`: the sizes at which it is measured by default."""

    name: str
    title: str
    version: str
    published: str
    lands: str
    adapter: str
    environments: dict[str, list[str]]
    issues: list[int]
    count_in: str = ""
    fault_issues: int = 600
    faults: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    limit: float = 300.0  # seconds, after which a run is stopped
    repeats: int = 0  # how often it is measured; 0 as all the others

    @property
    def script(self) -> Path:
        return HERE / "adapters" / self.adapter

    @property
    def is_ours(self) -> bool:
        return not self.environments

    def python(self, *, counting: bool = False) -> Path:
        """The interpreter that runs the adapter, or the one that can read what was landed."""
        names = list(self.environments)
        if not names:
            return Path(sys.executable)
        return PLACE / (self.count_in if counting and self.count_in else names[0]) / "bin" / "python"


def read(path: Path = HERE / "peers.toml") -> list[Peer]:
    return [Peer(name=name, **about) for name, about in tomllib.loads(path.read_text()).items()]


def install(peer: Peer) -> str:
    """Make what is not there yet; what went wrong, in a line, or nothing."""
    for name, requirements in peer.environments.items():
        pins = _pins(name)
        pinned = pins.read_text() if pins.exists() else ""
        done, wanted = PLACE / name / ".done", "\n".join([*requirements, pinned])
        if done.exists() and done.read_text() == wanted:
            continue
        if pinned and not _make(PLACE / name, ["--no-deps", "--requirement", str(pins)]):
            done.write_text(wanted)
            continue
        trouble = _make(PLACE / name, requirements)  # the pins may not suit this Python or system
        if trouble:
            return trouble
        done.write_text(wanted)
    return ""


def pin(peer: Peer) -> None:
    """Keep what is installed now as what is to be installed next time, to the last dependency."""
    for name in peer.environments:
        pip = [str(PLACE / name / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        frozen = subprocess.run([*pip, "freeze", "--all"], capture_output=True, text=True, check=True).stdout
        _pins(name).parent.mkdir(exist_ok=True)
        _pins(name).write_text("".join(line for line in frozen.splitlines(True) if not line.startswith("pip==")))


def _pins(name: str) -> Path:
    return HERE / "pins" / f"{name}.txt"


def _make(place: Path, requirements: list[str]) -> str:
    pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(place)], [*pip, *requirements]):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            last = (ran.stderr or ran.stdout).strip().splitlines() or ["no word"]
            return f"cannot be installed: {last[-1][:200]}"
    return ""
