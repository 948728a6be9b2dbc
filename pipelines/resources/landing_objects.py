"""Landing files in an object store that speaks S3: put-if-absent is a conditional write, and no rename is needed.

An object appears whole or not at all, so nothing that a crash leaves can be read; only uploads it began may remain.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any, cast

from pipelines.crashpoints import crashpoint
from pipelines.resources.object_access import ObjectStoreError, client, explained
from pipelines.settings_places import OBJECTS

_PART_BYTES = 16 << 20  # at most 10,000 parts an object; ours stay below twenty
_ATTEMPTS = 10
_PROBE = ".probe"
_TOKEN = "slipstream-writer"  # noqa: S105 (the name of a mark, no secret)

_proven: set[str] = set()


class S3Store:
    """A bucket, or what lies below a prefix in it. Writers of one name race for it, and exactly one wins."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._bucket, _, prefix = self._url.removeprefix(OBJECTS).partition("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def create(self, name: str) -> _Upload:
        """An object that appears when it is closed; FileExistsError, now or then, where its name is taken."""
        self.prove()
        if self._is_there(name):
            raise FileExistsError(f"{self.address(name)} is there already")
        return _Upload(self.address(name), self._bucket, self._key(name))

    def put_new(self, name: str, data: bytes) -> None:
        self.prove()
        crashpoint("store.draft")
        self._put(name, data)

    def read(self, name: str) -> bytes:
        with explained(self.address(name)):
            return cast(bytes, client().get_object(**self._named(name))["Body"].read())

    def names(self, folder: str) -> list[str]:
        found = self._listed(folder, "Contents", "Key")
        return [name for name in found if name and not name.startswith(".")]

    def folders(self, folder: str) -> list[str]:
        return [name.rstrip("/") for name in self._listed(folder, "CommonPrefixes", "Prefix")]

    def size(self, name: str) -> int:
        with explained(self.address(name)):
            return int(client().head_object(**self._named(name))["ContentLength"])

    def tail(self, name: str, count: int) -> bytes:
        with explained(self.address(name)):
            return cast(bytes, client().get_object(**self._named(name), Range=f"bytes=-{count}")["Body"].read())

    def remove(self, name: str) -> None:
        with explained(self.address(name)):
            client().delete_object(**self._named(name))

    def drafts(self, folder: str) -> list[str]:
        return []  # a name appears with its content or not at all

    def address(self, name: str) -> str:
        return f"{self._url}/{name}"

    def _put(self, name: str, data: bytes) -> None:
        """Put it if the name is free. Repeated after a lost answer, it knows its own object by its mark."""
        mark = uuid.uuid4().hex
        wanted = {**self._named(name), "Body": data, "IfNoneMatch": "*", "Metadata": {_TOKEN: mark}}
        for attempt in range(_ATTEMPTS):
            try:
                with explained(self.address(name)):
                    client().put_object(**wanted)
                return
            except FileExistsError:
                if self._mark(name) == mark:
                    return
                raise
            except BlockingIOError:
                if attempt == _ATTEMPTS - 1:
                    raise
        return

    def prove(self) -> None:
        """Make sure, once a process, that the store keeps the promise: some overwrite all the same."""
        if self._url in _proven:
            return
        for _ in range(2):
            try:
                self._put(_PROBE, b"A store in which this can be written twice cannot hold a landing zone.")
            except FileExistsError:
                _proven.add(self._url)
                return
        raise ObjectStoreError(
            f"The object store of {self._url} overwrites objects although it was asked not to (If-None-Match: *).",
            "Two writers could undo each other there. Use a store with conditional writes: Amazon S3, MinIO, Ceph ...",
        )

    def _mark(self, name: str) -> str | None:
        with suppress(FileNotFoundError), explained(self.address(name)):
            return cast("str | None", client().head_object(**self._named(name))["Metadata"].get(_TOKEN))
        return None

    def _is_there(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            return self.size(name) >= 0
        return False

    def _listed(self, folder: str, what: str, column: str) -> list[str]:
        place = f"{self._key(folder)}/" if folder else self._prefix
        with explained(self.address(folder)):
            pages = client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=place, Delimiter="/")
            return sorted(entry[column].removeprefix(place) for page in pages for entry in page.get(what, ()))

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._key(name)}


class _Upload:
    """An object on its way: sent in parts where it is large, visible once it is closed."""

    def __init__(self, address: str, bucket: str, key: str) -> None:
        self._address, self._object = address, {"Bucket": bucket, "Key": key}
        self._waiting = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._upload: dict[str, str] = {}
        self._is_closed = False

    def write(self, data: bytes, /) -> int:
        self._waiting += data
        if len(self._waiting) >= _PART_BYTES:
            self._send()
        return len(data)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        with explained(self._address):
            if not self._parts:
                client().put_object(**self._object, Body=bytes(self._waiting), IfNoneMatch="*")
                return
            try:
                if self._waiting:
                    self._send()
                client().complete_multipart_upload(
                    **self._upload, MultipartUpload={"Parts": self._parts}, IfNoneMatch="*"
                )
            except BaseException:
                self._give_up()
                raise

    def _send(self) -> None:
        with explained(self._address):
            if not self._upload:
                begun = client().create_multipart_upload(**self._object)
                self._upload = {**self._object, "UploadId": begun["UploadId"]}
            number = len(self._parts) + 1
            sent = client().upload_part(**self._upload, PartNumber=number, Body=bytes(self._waiting))
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._waiting.clear()

    def _give_up(self) -> None:
        with suppress(Exception):
            client().abort_multipart_upload(**self._upload)
