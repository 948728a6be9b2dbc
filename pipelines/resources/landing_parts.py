"""Turns record batches into Parquet parts: buffered, hashed and compressed beside the fetching, in bounded memory."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.source import Batch, Rejected
from pipelines.resources import arrow_columns
from pipelines.resources.landing_commits import LandedFile
from pipelines.resources.landing_store import Sink, Store

ROW_GROUP_BYTES = 16 << 20
PART_BYTES = 256 << 20
RECORD_OVERHEAD = 300  # what a record costs in Python beside its payload; keeps tiny records in bounds too

SCHEMA = pa.schema(
    [
        ("_site", pa.string()),
        ("_key", pa.string()),
        ("_source_updated_at", pa.timestamp("us")),
        ("_known_at", pa.timestamp("us")),
        ("_sync_id", pa.string()),
        ("_payload_hash", pa.string()),
        ("_deleted", pa.bool_()),
        ("payload", pa.string()),
    ]
)
_DICTIONARY = ["_site", "_sync_id", "_known_at", "_deleted"]


@dataclass
class Buffer:
    """Records of one stream that wait to be written.

    Payloads are hashed and joined as they come, while they are still in the processor's cache.
    """

    stream: str
    keys: list[str] = field(default_factory=list)
    updated: list[datetime | None] = field(default_factory=list)
    deleted: list[bool] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # where each payload ends
    text: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def size(self) -> int:
        return len(self.text) + RECORD_OVERHEAD * len(self)

    def extend(self, batch: Batch) -> None:
        self.keys += batch.keys
        self.updated += batch.updated
        self.deleted += batch.deleted
        for payload in batch.payloads:
            self.hashes.append(payload_hash(payload).encode())
            self.text += payload
            self.ends.append(len(self.text))

    def payloads(self) -> list[bytes]:
        """Each by itself again; needed only where one of them is damaged."""
        return [bytes(self.text[start:end]) for start, end in pairwise([0, *self.ends])]


@dataclass
class _HashedFile:
    """A file that knows the hash and size of what went through it."""

    file: Sink
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    closed: bool = False
    given_up: bool = False  # takes what a writer still wants to say at its end, and keeps none of it

    def write(self, data: bytes) -> int:
        if self.given_up:
            return len(data)
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.file.close()


class PartWriter:
    """Writes one stream's parts, one row group at a time; a part is closed when it is large enough."""

    def __init__(self, store: Store, folder: str, stream: str, sync_id: str) -> None:
        self._store, self._folder, self._stream, self._sync_id = store, folder, stream, sync_id
        self._sink: _HashedFile | None = None
        self._parquet: Any = None
        self._name, self._rows, self._raw, self._count = "", 0, 0, 0
        self.files: list[LandedFile] = []
        self.opened: list[str] = []

    def write(self, table: pa.Table) -> None:
        if self._parquet is None:
            self._open()
        self._parquet.write_table(table)
        self._rows += table.num_rows
        self._raw += table.nbytes
        if self._raw >= PART_BYTES:
            self.close()

    def close(self) -> None:
        """Finish the open part, if there is one."""
        if self._parquet is None or self._sink is None:
            return
        self._parquet.close()
        self._sink.close()
        self.files.append(
            LandedFile(
                stream=self._stream,
                path=self._name,
                rows=self._rows,
                bytes=self._sink.size,
                sha256=self._sink.digest.hexdigest(),
            )
        )
        self._parquet, self._sink, self._rows, self._raw = None, None, 0, 0

    def abandon(self) -> None:
        """Let go of the open part without finishing it."""
        if self._sink is not None:
            _give_up(self._parquet, self._sink)

    def _open(self) -> None:
        self._name = f"{self._folder}/{self._sync_id}-{self._count:04d}.parquet"
        self._count += 1
        self._sink = _HashedFile(self._store.create(self._name))
        self.opened.append(self._name)
        self._parquet = _parquet_writer(self._sink)


def as_table(waiting: Buffer, site: str, sync_id: str, known_at: datetime) -> tuple[pa.Table, list[Rejected]]:
    """The records as a table, and what had to be altered: bytes that are no UTF-8 become U+FFFD."""
    count, damaged = len(waiting), []
    payloads = arrow_columns.joined(waiting.text, waiting.ends)
    if not arrow_columns.are_text(payloads):
        parts = waiting.payloads()
        damaged = [
            Rejected(
                waiting.stream, key, "no UTF-8: kept with U+FFFD in place", raw.decode("utf-8", "backslashreplace")
            )
            for key, raw in zip(waiting.keys, parts, strict=True)
            if not _is_text(raw)
        ]
        payloads = arrow_columns.texts([raw.decode("utf-8", "replace").encode() for raw in parts])
    table = pa.table(
        [
            arrow_columns.texts([site.encode()] * count),
            arrow_columns.texts([key.encode("utf-8", "replace") for key in waiting.keys]),
            arrow_columns.instants(waiting.updated),
            arrow_columns.instants([known_at] * count),
            arrow_columns.texts([sync_id.encode()] * count),
            arrow_columns.texts(waiting.hashes),
            arrow_columns.flags(waiting.deleted),
            payloads,
        ],
        schema=SCHEMA,
    )
    return table, damaged


def rewrite(store: Store, file: LandedFile, created: list[str], known_at: datetime) -> LandedFile:
    """The same records in a new file, known at another instant. Its name is noted in `created` before it appears."""
    name = file.path.replace(".parquet", "r.parquet")
    place = SCHEMA.get_field_index("_known_at")
    created.append(name)
    source = pq.ParquetFile(io.BytesIO(store.read(file.path)))
    sink = _HashedFile(store.create(name))
    writer = _parquet_writer(sink)
    try:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group).cast(SCHEMA)
            known = arrow_columns.instants([known_at] * table.num_rows)
            writer.write_table(table.set_column(place, SCHEMA.field(place), known))
        writer.close()
        sink.close()
    except BaseException:
        _give_up(writer, sink)
        raise
    return LandedFile(stream=file.stream, path=name, rows=file.rows, bytes=sink.size, sha256=sink.digest.hexdigest())


def payload_hash(payload: bytes) -> str:
    """128 bits of SHA-256, as text."""
    return hashlib.sha256(payload).hexdigest()[:32]


def _parquet_writer(sink: _HashedFile) -> Any:
    return pq.ParquetWriter(
        sink,
        SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=_DICTIONARY,
        write_statistics=["_key", "_source_updated_at", "_known_at"],
    )


def _give_up(writer: Any, sink: _HashedFile) -> None:
    """Close a writer that failed; left open it would try again, and fail again, when Python collects it."""
    sink.given_up = True
    with suppress(Exception):
        if writer is not None:
            writer.close()
    with suppress(Exception):
        sink.close()


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
