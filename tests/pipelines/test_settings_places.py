"""Where state lies: what the environment may say of places, and what a person reads when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import ConfigurationError
from pipelines.resources.duckdb_session import Session
from pipelines.settings import load

CATALOGUE = "postgresql://pmo:s3cr%27t@db.test:5433/lake?sslmode=require"


def test_all_lies_below_the_home_by_default(tmp_path: Path) -> None:
    config = load({"SLIPSTREAM_HOME": str(tmp_path)})
    assert (config.landing_dir, config.ledger_dir) == (tmp_path / "landing", tmp_path / "ledger")
    assert config.locks_dir == tmp_path / "landing" / "_locks"
    assert Session.of(config) == Session()
    assert Session.of(config).target == "embedded"


def test_landing_and_ledger_may_be_other_folders_or_addresses(tmp_path: Path) -> None:
    given = {"SLIPSTREAM_LANDING": "s3://acme-pmo/landing/", "SLIPSTREAM_LEDGER": str(tmp_path / "said")}
    config = load({"SLIPSTREAM_HOME": str(tmp_path / "home"), **given})
    assert (config.landing_dir, config.ledger_dir) == ("s3://acme-pmo/landing", tmp_path / "said")
    assert config.locks_dir == tmp_path / "home" / "locks"
    assert Session.of(config).has_objects


@pytest.mark.parametrize(
    "address", ["gs://bucket/x", "s3://", "s3://key:s3cr3t@bucket/x", "s3://bucket/*", "http://s3cr3t"]
)
def test_what_is_no_place_is_refused_without_repeating_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"SLIPSTREAM_LEDGER is neither") as caught:
        load({"SLIPSTREAM_HOME": str(tmp_path), "SLIPSTREAM_LEDGER": address})
    assert "s3cr3t" not in str(caught.value)


def test_the_target_names_a_catalogue_and_its_files(tmp_path: Path) -> None:
    given = {"SLIPSTREAM_TARGET": "ducklake", "SLIPSTREAM_CATALOGUE": CATALOGUE}
    config = load({"SLIPSTREAM_HOME": str(tmp_path), **given})
    catalogue = config.places.catalogue
    assert catalogue is not None
    assert catalogue.dsn == "host='db.test' port='5433' dbname='lake' user='pmo' sslmode='require'"
    assert (catalogue.password, catalogue.files, str(catalogue)) == (
        "s3cr't",
        str(tmp_path / "lake"),
        "lake on db.test:5433",
    )
    assert "s3cr" not in repr(config)
    assert (Session.of(config).target, Session.of(config).has_objects) == ("ducklake", False)
    assert Session.of(config).embedded == Session()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SLIPSTREAM_TARGET": "postgres"}, "SLIPSTREAM_TARGET is 'postgres'. It may be embedded or ducklake."),
        ({"SLIPSTREAM_TARGET": "ducklake"}, "SLIPSTREAM_CATALOGUE is missing. Set it to postgresql://"),
        *(
            ({"SLIPSTREAM_TARGET": "ducklake", "SLIPSTREAM_CATALOGUE": wrong}, "no address of a Postgres database")
            for wrong in (
                "host=db password=s3cr3t",
                "mysql://u:s3cr3t@db/x",
                "postgresql://u:s3cr3t@db",
                "postgresql://u@db:s3cr3t/x",
                "postgresql://u@db/x?password=s3cr3t",
            )
        ),
    ],
)
def test_what_is_no_target_is_refused_without_repeating_it(tmp_path: Path, given: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"SLIPSTREAM_HOME": str(tmp_path), **given})
    assert words in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
