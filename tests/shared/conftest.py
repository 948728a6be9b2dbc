"""An S3 and a Postgres on loopback for the tests of this folder: each of its own, gone when the tests are."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECRET = "s3-s3cret-never-to-be-shown"
PASSWORD = "pg-p4ssw'ord \\ to quote"


@dataclass(frozen=True)
class S3:
    """A server that speaks S3 and honours conditional writes."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        given = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": SECRET}
        return {**given, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def bucket(self) -> str:
        """The address of a new one."""
        from pipelines.resources import object_access

        name = f"b-{uuid.uuid4().hex[:12]}"
        place = {"LocationConstraint": "eu-central-1"}
        object_access.client().create_bucket(Bucket=name, CreateBucketConfiguration=place)
        return f"s3://{name}"


def _one_write_at_a_time(application: Callable[..., Any]) -> Callable[..., Any]:
    """As S3 promises: of two conditional writes, the second sees the first."""
    guard = threading.Lock()

    def serve(environ: dict[str, Any], start: Any) -> Any:
        if environ["REQUEST_METHOD"] == "GET":
            return application(environ, start)
        with guard:
            return application(environ, start)

    return serve


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """The environment names it while the tests run, as it would in life."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: object) -> None:
            return

    application = _one_write_at_a_time(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place = S3(f"http://127.0.0.1:{server.server_port}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        yield place
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Postgres:
    """A cluster of its own; each test that asks for it gets a database."""

    port: int

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://pmo@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        return {"PGPASSWORD": PASSWORD}

    def database(self) -> str:
        """The address of a new one."""
        import psycopg2

        name = f"d_{uuid.uuid4().hex[:12]}"
        connection = psycopg2.connect(self.address(), password=PASSWORD)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return self.address(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Started in a folder of its own as the unprivileged user that Postgres insists on, ended by its process id."""
    folder = Path(tempfile.mkdtemp(prefix="slipstream-postgres-"))
    user = "postgres" if os.getuid() == 0 else None
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    as_whom = {"user": user, "group": user, "extra_groups": []} if user else {}
    run: dict[str, Any] = {**as_whom, "cwd": folder, "env": bare, "stdout": subprocess.DEVNULL}
    data = folder / "data"
    make = [_program("initdb"), "-D", data, "-U", "pmo", f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync"]
    subprocess.run(make, check=True, **run)
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    command = [_program("postgres"), "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(command, stderr=log, **run) as process:
        try:
            server = Postgres(port)
            _wait(server, process)
            with pytest.MonkeyPatch.context() as patch:
                for name, value in server.environment.items():
                    patch.setenv(name, value)
                yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for whoever forgot to close
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    found = [*sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), *filter(None, [shutil.which(name)])]
    assert found, "Postgres is not installed: `make shared` does it, or apt-get install postgresql"
    return str(found[0])


def _wait(server: Postgres, process: subprocess.Popen[bytes]) -> None:
    import psycopg2

    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg2.connect(server.address(), password=PASSWORD).close()
            return
        except psycopg2.OperationalError:
            assert process.poll() is None, "Postgres ended at once"
            assert time.monotonic() < deadline, "Postgres did not start"
            threading.Event().wait(0.05)


@pytest.fixture(autouse=True, scope="session")
def forgetful() -> Iterator[None]:
    """Clients that were made for another server are not used again."""
    yield
    from pipelines.resources import object_access

    object_access.client.cache_clear()
