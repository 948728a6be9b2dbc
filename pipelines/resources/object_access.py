"""Access to S3 and whatever speaks its protocol: the one import of botocore, which finds credentials as AWS's tools do.

The usual places count (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, profiles, roles);
no secret is kept, logged or part of an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import SourceError
from pipelines.resources.sql import literal

_REFUSED = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_ABSENT = {"NoSuchKey", "404", "NotFound"}
TAKEN = {"PreconditionFailed", "412"}
RACING = {"ConditionalRequestConflict", "409", "OperationAborted"}
"""Somebody else is writing the same name at this moment: the store wants to be asked again."""


class ObjectStoreError(SourceError):
    """The object store cannot be reached, or refuses us."""


@cache
def _session() -> Any:
    try:
        import botocore.session
    except ImportError:
        raise ObjectStoreError(
            "An object store is configured, but the package botocore is not installed.",
            "Install Slipstream's extra: pip install 'slipstream[shared]'.",
        ) from None
    return botocore.session.Session()


@cache
def client() -> Any:
    """One for the process; its methods may be called from any thread."""
    from botocore.config import Config

    with explained("the object store"):
        session = _session()
        region = session.get_config_variable("region") or "us-east-1"
        options = {"retries": {"mode": "standard", "max_attempts": 5}, "connect_timeout": 10, "read_timeout": 60}
        # older stores know nothing of the newer checksums; sizes and SHA-256 of all files are in the commits
        checks = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
        made = session.create_client("s3", region_name=region, config=Config(**options, **checks))
        if not _is_own(made.meta.endpoint_url):
            return made
        by_path = Config(**options, **checks, s3={"addressing_style": "path"})  # a host of its own for a bucket is rare
        return session.create_client("s3", region_name=region, config=by_path)


def duckdb_secret() -> str:
    """The statement that lets a DuckDB connection in, for as long as it is open. Never to be printed."""
    with explained("the object store"):
        credentials = _session().get_credentials()
        if credentials is None:
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
    made = client()
    options = {"KEY_ID": frozen.access_key, "SECRET": frozen.secret_key, "REGION": made.meta.region_name}
    if frozen.token:
        options["SESSION_TOKEN"] = frozen.token
    flags = ""
    if _is_own(made.meta.endpoint_url):
        address = urlsplit(made.meta.endpoint_url)
        options |= {"ENDPOINT": address.netloc + address.path.rstrip("/"), "URL_STYLE": "path"}
        flags = f", USE_SSL {'true' if address.scheme == 'https' else 'false'}"
    given = ", ".join(f"{name} {literal(value)}" for name, value in options.items())
    return f"CREATE OR REPLACE SECRET slipstream_objects (TYPE s3, {given}{flags})"


@contextmanager
def explained(place: str) -> Iterator[None]:
    """What the store says as one of our errors; FileNotFoundError and FileExistsError where it is about a name."""
    _session()  # says so where botocore is not installed
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

    try:
        yield
    except ClientError as error:
        raise _translated(error.response.get("Error", {}), place) from None
    except NoCredentialsError:
        raise ObjectStoreError(
            f"There are no credentials for {place}.", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    except EndpointConnectionError:
        raise ObjectStoreError(
            f"Nothing answers for {place}.", "Check the network, and AWS_ENDPOINT_URL where the store is not Amazon's."
        ) from None
    except BotoCoreError as error:
        raise ObjectStoreError(f"{place} cannot be reached: {type(error).__name__}.", "Check the network.") from None


def _translated(said: dict[str, str], place: str) -> Exception:
    code, text = str(said.get("Code", "")), said.get("Message", "")
    if code in _ABSENT:
        return FileNotFoundError(f"There is no {place}")
    if code in TAKEN:
        return FileExistsError(f"{place} is there already")
    if code in RACING:
        return BlockingIOError(f"Somebody else is writing {place}")
    if code == "NoSuchBucket":
        return ObjectStoreError(f"The bucket of {place} does not exist.", "Create it, or correct the address.")
    if code in _REFUSED:
        return ObjectStoreError(
            f"The object store refuses {place} ({code}).",
            "Check the AWS credentials; they must allow to list, read, write and delete there.",
        )
    return ObjectStoreError(f"The object store answered {code or 'an error'} for {place}: {text}", "Try again later.")


def _is_own(endpoint: str) -> bool:
    """Whether the store is not Amazon's."""
    host = urlsplit(endpoint).hostname or ""
    return not host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
