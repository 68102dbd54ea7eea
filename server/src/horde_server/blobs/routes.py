"""`PUT` and `GET` of a key below `/api/blobs/`: signed, keyless; used when blobs lie in a folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from horde_server.blobs.file_kinds import BEGINNING_BYTES
from horde_server.blobs.folder import FolderStore, beside, failures
from horde_server.blobs.store import claimed_key, is_key, media_type
from horde_server.blobs.structure import MAX_IMAGE_BYTES
from horde_server.errors import HordeError
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right

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


def routes(store: FolderStore) -> APIRouter:
    """The routes that a folder's signed addresses lead to."""
    router = DeclaredRouter(store.signer.route.rstrip("/"), include_in_schema=False)

    @router.put("/{key}", right=Right.SIGNED)
    async def upload(request: Request, key: str, expires: str = "", signature: str = "") -> Response:
        """Take an image from a worker, piece by piece, whole or not at all, until it is claimed."""
        if not is_key(key) or not store.signer.allows("PUT", key, expires, signature):
            raise BlobAddressInvalid
        if _announced_bytes(request) > MAX_IMAGE_BYTES:
            raise BlobTooLarge
        path, claimed = store.path(key), store.path(claimed_key(key))
        unfinished = Path(beside(str(path)))
        with failures():
            _refuse_claimed(claimed)
            try:
                await _receive(request, store.open_new(str(unfinished)))
                _refuse_claimed(claimed)  # while it arrived
                unfinished.replace(path)
            finally:
                with contextlib.suppress(OSError):
                    unfinished.unlink()
        return Response(status_code=200)

    @router.get("/{key}", right=Right.SIGNED)
    async def download(key: str, expires: str = "", signature: str = "") -> Response:
        """Give an image to whoever has its address, as what it is."""
        if not is_key(key) or not store.signer.allows("GET", key, expires, signature):
            raise BlobAddressInvalid
        path = store.path(key)
        with failures():
            try:
                with path.open("rb", buffering=0) as file:
                    shown_as = media_type(key, file.read(BEGINNING_BYTES))
            except FileNotFoundError:
                raise BlobNotFound from None
        ending = shown_as.rpartition("/")[2] if shown_as else "bin"
        return FileResponse(
            path,
            media_type=shown_as or "application/octet-stream",
            headers=_GUARDED,
            filename=f"{key.rpartition('.')[0]}.{ending}",
            content_disposition_type="inline" if shown_as else "attachment",
        )

    return router.api


def _refuse_claimed(path: Path) -> None:
    if path.exists():
        raise BlobDelivered


def _announced_bytes(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


async def _receive(request: Request, descriptor: int) -> None:
    size = 0
    with os.fdopen(descriptor, "wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_IMAGE_BYTES:
                raise BlobTooLarge
            file.write(piece)
