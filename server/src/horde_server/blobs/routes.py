"""`PUT` and `GET` of a key below `/api/blobs/`: signed, keyless; used when blobs lie in a folder."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from horde_server.blobs.folder import FolderStore, failures
from horde_server.blobs.images import MAX_IMAGE_BYTES
from horde_server.blobs.store import content_type, is_key
from horde_server.errors import HordeError


class BlobAddressInvalid(HordeError):
    """This address is not signed by this horde, or it has expired: ask for the status again to get a fresh one."""

    status, rc = 403, "BlobAddressInvalid"


class BlobNotFound(HordeError):
    """There is no such image: it was never uploaded, or it was removed after its time."""

    status, rc = 404, "BlobNotFound"


class BlobTooLarge(HordeError):
    """The image is too large: at most 20 MiB."""

    status, rc = 413, "BlobTooLarge"


def routes(store: FolderStore) -> APIRouter:
    """The routes that a folder's signed addresses lead to."""
    router = APIRouter(prefix=store.signer.route.rstrip("/"), include_in_schema=False)

    @router.put("/{key}")
    async def upload(request: Request, key: str, expires: str = "", signature: str = "") -> Response:
        """Take an image from a worker, piece by piece, whole or not at all."""
        if not is_key(key) or not store.signer.allows("PUT", key, expires, signature):
            raise BlobAddressInvalid
        if _announced_bytes(request) > MAX_IMAGE_BYTES:
            raise BlobTooLarge
        path = store.path(key)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with failures():
            try:
                await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
                await _receive(request, beside)
                beside.replace(path)
            finally:
                with contextlib.suppress(OSError):
                    beside.unlink()
        return Response(status_code=200)

    @router.get("/{key}")
    async def download(key: str, expires: str = "", signature: str = "") -> Response:
        """Give an image to whoever has its address."""
        if not is_key(key) or not store.signer.allows("GET", key, expires, signature):
            raise BlobAddressInvalid
        path = store.path(key)
        if not path.is_file():
            raise BlobNotFound
        return FileResponse(path, media_type=content_type(key))

    return router


def _announced_bytes(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


async def _receive(request: Request, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_IMAGE_BYTES:
                raise BlobTooLarge
            file.write(piece)
