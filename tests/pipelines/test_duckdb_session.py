"""What is said where a setting needs a package that is not installed; the rest is tested in tests/shared."""

from __future__ import annotations

import sys

import duckdb
import pytest

from pipelines.resources import duckdb_session, object_access
from pipelines.resources.duckdb_session import ExtensionError
from pipelines.resources.landing_store import open_store
from pipelines.resources.object_access import ObjectStoreError


def test_an_object_store_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("botocore", "botocore.session"):
        monkeypatch.setitem(sys.modules, name, None)
    object_access._session.cache_clear()
    with pytest.raises(ObjectStoreError, match=r"botocore is not installed.*slipstream\[shared\]"):
        open_store("s3://bucket/landing").read("a")


def test_an_extension_without_its_package_says_what_to_install() -> None:
    wanted = rf"extension no_such, which is not installed.*duckdb-extension-no-such=={duckdb.__version__}"
    with duckdb.connect(":memory:") as connection, pytest.raises(ExtensionError, match=wanted):
        duckdb_session.load(connection, "no_such")


def test_a_statement_that_holds_a_secret_is_in_no_error() -> None:
    with duckdb.connect(":memory:") as connection, pytest.raises(ExtensionError) as caught:
        duckdb_session._secretly(connection, "CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 'h1dden', NONSENSE 1)")
    assert "h1dden" not in str(caught.value)
