"""What can go wrong around a run: one clear message and exit code, the last release stands, the next run completes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.server import Running
from pipelines.resources.landing import Landing
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import load
from tests.journeys import line_home
from tests.journeys.line_home import TOKEN, Done, Slipstream, copy_home

pytestmark = pytest.mark.slow
DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens
FREE = {"sync": 20_000, "build": 200_000, "run": 200_000}  # bytes left on the full disk


@dataclass
class House:
    """A home with a first run behind it."""

    jira: Running
    simulator: Simulator
    slipstream: Slipstream
    home: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("faults")
    with line_home.portfolio() as (jira, simulator), line_home.slipstream(folder) as slipstream:
        home = line_home.new_home(folder / "home", line_home.two_sites(jira))
        line_home.write_register(simulator, home)
        first = slipstream(home, "run")
        assert first.code == 0, first.said
        yield House(jira, simulator, slipstream, home)


@pytest.fixture
def home(house: House, tmp_path: Path) -> Path:
    """A copy to break."""
    return copy_home(house.home, tmp_path / "home")


def refused(done: Done, *words: str, code: int = 1) -> None:
    said = " ".join(done.said.split())
    assert done.code == code, done.said
    assert "Traceback" not in said
    assert TOKEN not in said
    for word in words:
        assert word in said, done.said


def issues(home: Path) -> int:
    """A reader's question to the release."""
    with duckdb.connect(str(home / "published" / "portfolio.duckdb"), read_only=True) as database:
        count: int = database.execute("SELECT count(*) FROM marts.dim_issue").fetchall()[0][0]
    return count


def release(home: Path) -> str:
    assert issues(home) > 100
    return (home / "published" / "current").readlink().name


def change_site(home: Path, name: str, **options: str) -> None:
    path = home / "sources" / f"{name}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | options))


def test_a_server_that_is_down_ends_the_run_and_the_release_stands(house: House, home: Path) -> None:
    before = release(home)
    change_site(home, "acme", url=DEAD)
    refused(house.slipstream(home, "run"), "127.0.0.1:9", "what was published before stands")
    assert release(home) == before


def test_a_wrong_token_ends_the_run_without_showing_it(house: House, home: Path) -> None:
    before = release(home)
    change_site(home, "acme", api_token=f"{TOKEN}-but-wrong")
    refused(house.slipstream(home, "run"), "401", "token", "what was published before stands")
    assert release(home) == before


@pytest.mark.parametrize("command", ["build", "run"])
def test_a_cut_landing_file_is_named_with_the_remedy_and_the_release_stands(
    house: House, home: Path, command: str
) -> None:
    before = release(home)
    file = next((home / "landing" / "jira" / "acme" / "issue").glob("*.parquet"))
    whole = file.read_bytes()
    os.truncate(file, 1000)
    refused(house.slipstream(home, command), file.name, "damaged", "Restore it from your backup", "--full")
    assert release(home) == before
    file.write_bytes(whole)
    assert house.slipstream(home, "build").code == 0


def test_a_lost_landing_is_made_good_as_the_message_says(house: House, home: Path) -> None:
    """The remedy of the message, followed word for word."""
    file = next((home / "landing" / "jira" / "acme" / "issue").glob("*.parquet"))
    os.truncate(file, 1000)
    (home / "landing" / "_commits" / f"{file.stem.rpartition('-')[0]}.json").rename(home / "set-aside.json")
    assert house.slipstream(home, "sync", "acme", "--full").code == 0
    rebuilt = house.slipstream(home, "build", "--full-refresh")
    assert rebuilt.code == 0, rebuilt.said


def test_a_second_writer_is_told_who_works_there(house: House, home: Path) -> None:
    with Warehouse.of(load({"SLIPSTREAM_HOME": str(home)})).lock("the other writer"):
        done = house.slipstream(home, "build")
    refused(done, "the other writer", str(os.getpid()), "waited 1 s", "SLIPSTREAM_LOCK_WAIT", code=4)
    assert house.slipstream(home, "build").code == 0


def test_a_bi_tool_on_the_working_file_is_named_with_where_it_should_read(house: House, home: Path) -> None:
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True):
        done = house.slipstream(home, "build")
    refused(done, f"process {os.getpid()}", "published/portfolio.duckdb", code=4)
    assert house.slipstream(home, "build").code == 0


def test_a_register_nobody_can_open_is_told_and_the_rest_goes_on(house: House, home: Path) -> None:
    before = release(home)
    (home / "inbox" / "pmo" / "portfolio.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    done = house.slipstream(home, "run")
    refused(done, "portfolio.xlsx", "pmo: partial", code=3)
    assert release(home) > before
    with duckdb.connect(str(home / "published" / "portfolio.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM marts.fct_baseline").fetchall() != [(0,)]  # as last read


def test_one_of_two_dead_sites_is_named_and_the_other_is_landed(house: House, home: Path) -> None:
    before = release(home)
    change_site(home, "acme")
    (home / "sources" / "beta.yaml").write_text(
        yaml.safe_dump({"site": "beta", **line_home.jira_site(house.jira), "url": DEAD})
    )
    landing = Landing(load({"SLIPSTREAM_HOME": str(home)}).landing_dir)
    last = landing.last_commit("jira", "acme")
    refused(house.slipstream(home, "run"), "land_beta", "127.0.0.1:9", "what was published before stands")
    assert landing.last_commit("jira", "acme") != last
    assert landing.last_commit("jira", "beta") is None
    assert release(home) == before


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own for one test."""
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if not mount or not umount or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield place
    finally:
        subprocess.run([umount, str(place)], check=True)


def fill(disk: Path, left: int) -> Path:
    """All but a little of the disk; removing the file gives the room back."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - left)
    return ballast


@pytest.mark.parametrize(
    "arguments",
    [("build", "--full-refresh"), ("run",), pytest.param(("sync", "acme", "--full"), marks=pytest.mark.nightly)],
)
def test_a_full_disk_is_told_leaves_nothing_half_written_and_the_next_run_completes(
    house: House, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_home(house.home, disk / "home")
        before = release(home)
        ballast = fill(disk, FREE[arguments[0]])
        done = house.slipstream(home, *arguments)
        ballast.unlink()
        refused(done, "disk is full", "Free some space")
        assert release(home) == before
        assert Landing(home / "landing").verify() == []
        again = house.slipstream(home, "run")
        assert again.code == 0, again.said
        assert release(home) > before
