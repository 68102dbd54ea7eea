"""`PUT` and `GET` of a key below `/api/blobs/`: signed, keyless; used when blobs lie in a folder."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from horde_server.blobs.file_kinds import BEGINNING_BYTES
from horde_server.blobs.folder import FolderStore, beside, failures, write_all
from horde_server.blobs.store import claimed_key, is_key, media_type
from horde_server.blobs.structure import MAX_IMAGE_BYTES
from horde_server.errors import HordeError
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.rights import Right

_SIGNED_QUERY = re.compile(rb"expires=([0-9]+)&signature=([0-9a-f]+)")
"""The query of an address as we write it, which is read without the framework: nearly every one is."""
_GUARDED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""What strangers uploaded is shown as a picture, or not at all; opened by itself it runs nothing."""


class BlobAddressInvalid(HordeError):
    """This address is not signed by this horde, or it has expired: ask for the status again to get a fresh one."""

    status, rc = 403, "BlobAddressInvalid"


class BlobDelivered(BlobAddressInvalid):
    """The image of this address has been delivered: nothing can be uploaded there any more."""


class BlobNotFound(HordeError):
    """There is no such image: it was never uploaded, or it was removed after its time."""

    status, rc = 404, "BlobNotFound"


class BlobTooLarge(HordeError):
    """The image is too large: at most 20 MiB."""

    status, rc = 413, "BlobTooLarge"


def routes(store: FolderStore, hot: HotRoutes) -> APIRouter:
    """The routes that a folder's signed addresses lead to."""
    router = DeclaredRouter(store.signer.route.rstrip("/"), hot=hot, include_in_schema=False)

    @router.put("/{id}", right=Right.SIGNED, hot=True)
    async def upload(request: Request) -> Response:
        """Take an image from a worker, piece by piece, whole or not at all, until it is claimed."""
        key = request.path_params["id"]
        if not is_key(key) or not store.signer.allows("PUT", key, *_expiry_and_signature(request)):
            raise BlobAddressInvalid
        if _announced_bytes(request) > MAX_IMAGE_BYTES:
            raise BlobTooLarge
        path, claimed = store.path(key), store.path(claimed_key(key))
        unfinished = beside(path)
        with failures():
            _refuse_claimed(claimed)
            file = store.open_new(unfinished)
            try:
                await _receive(request, file)
                _refuse_claimed(claimed)  # while it arrived
                os.replace(unfinished, path)  # noqa: PTH105 on the path of every result
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(unfinished)  # noqa: PTH108 as above
                raise
        return Response(status_code=200)

    @router.get("/{key}", right=Right.SIGNED)
    async def download(key: str, expires: str = "", signature: str = "") -> Response:
        """Give an image to whoever has its address, as what it is."""
        if not is_key(key) or not store.signer.allows("GET", key, expires, signature):
            raise BlobAddressInvalid
        path = Path(store.path(key))
        with failures():
            shown_as = media_type(key, _beginning(path))
        ending = shown_as.rpartition("/")[2] if shown_as else "bin"
        return FileResponse(
            path,
            media_type=shown_as or "application/octet-stream",
            headers=_GUARDED,
            filename=f"{key.rpartition('.')[0]}.{ending}",
            content_disposition_type="inline" if shown_as else "attachment",
        )

    return router.api


def _expiry_and_signature(request: Request) -> tuple[str, str]:
    """What signs an address; empty where it is missing."""
    if found := _SIGNED_QUERY.fullmatch(request.scope["query_string"]):
        return found[1].decode(), found[2].decode()
    query = request.query_params
    return query.get("expires", ""), query.get("signature", "")


def _refuse_claimed(path: str) -> None:
    if os.path.exists(path):  # noqa: PTH110 on the path of every result
        raise BlobDelivered


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            return file.read(BEGINNING_BYTES)
    except FileNotFoundError:
        raise BlobNotFound from None


def _announced_bytes(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


async def _receive(request: Request, file: int) -> None:
    """Write the body into an open file, and close it."""
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_IMAGE_BYTES:
                raise BlobTooLarge
            write_all(file, piece)
    finally:
        os.close(file)
