"""How fast the bulk sandbox itself serves, with a client that only reads bytes: the ceiling of every other figure.

    python benchmarks/sandbox_ceiling.py [--issues 1000000] [--pages 400] [--connections 4]

Prints one JSON line. `peak_memory_mb` and `server_cpu_seconds` are the server's, which runs in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import re
import resource
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from connectors.sandbox.server import SandboxOptions, serve

_TOKEN = re.compile(rb'"nextPageToken":"([^"]+)"')
_FIRST = 10_000_000


def _server(options: SandboxOptions, ready: Connection) -> None:
    serve(options, ready.send)
    used = resource.getrusage(resource.RUSAGE_SELF)
    ready.send((used.ru_maxrss / 1024, used.ru_utime + used.ru_stime))


def _walk(address: tuple[str, int], options: SandboxOptions, jql: str, pages: int) -> tuple[int, int]:
    """Page after page by token, as a sync does; a page counts as 100 issues, its bytes are read and dropped."""
    sign_in = base64.b64encode(f"{options.email}:{options.token}".encode()).decode()
    headers = {"Authorization": f"Basic {sign_in}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(*address)
    buffer = bytearray(16 * 1024 * 1024)
    read = size = 0
    token = None
    for _ in range(pages):
        asked = {"jql": jql, "fields": ["*all"], "expand": "changelog", "maxResults": 100, "nextPageToken": token}
        connection.request("POST", "/rest/api/3/search/jql", json.dumps(asked), headers)
        with connection.getresponse() as response:
            assert response.status == 200, response.read(300)
            length = _drain(response, memoryview(buffer))
        read, size = read + 100, size + length
        found = _TOKEN.search(bytes(buffer[max(0, length - 400) : length]))
        if found is None:
            break
        token = found[1].decode()
    connection.close()
    return read, size


def _drain(response: http.client.HTTPResponse, buffer: memoryview) -> int:
    length = 0
    while count := response.readinto(buffer[length:]):
        length += count
    return length


def _load(url: str, options: SandboxOptions, pages: int, connections: int) -> tuple[int, int]:
    share = (options.issues or 0) // connections
    place = urllib.parse.urlsplit(url)
    address = (place.hostname or "", place.port or 0)
    ranges = [(_FIRST + share * number, _FIRST + share * (number + 1)) for number in range(connections)]
    queries = [f"id >= {low} AND id < {high} ORDER BY id" for low, high in ranges]
    with ThreadPoolExecutor(connections) as pool:
        done = list(pool.map(lambda jql: _walk(address, options, jql, pages), queries))
    return sum(read for read, _ in done), sum(size for _, size in done)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=400, help="pages of 100 per connection")
    parser.add_argument("--connections", type=int, default=2)
    args = parser.parse_args()
    options = SandboxOptions(issues=args.issues)
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_server, args=(options, there))
    started = time.perf_counter()
    server.start()
    url = here.recv()
    ready = time.perf_counter() - started
    started = time.perf_counter()
    issues, size = _load(url, options, args.pages, args.connections)
    seconds = time.perf_counter() - started
    server.terminate()  # SIGTERM: a clean stop
    peak, cpu = here.recv()
    server.join()
    print(json.dumps({
        "benchmark": "sandbox_ceiling", "work": issues, "seconds": round(seconds, 3), "rate": round(issues / seconds),
        "peak_memory_mb": round(peak, 1), "issues_held": args.issues, "ready_seconds": round(ready, 2),
        "server_cpu_seconds": round(cpu, 2), "bytes_an_issue": round(size / issues),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
