"""One parcel as one file: a line of JSON that says what it is, and the picture after it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from horde_worker.kinds.parcel import Parcel

VERSION: Final = 1
MAX_HEADER_BYTES: Final = 16 * 1024 * 1024  # a text, or a drawing as text
MAX_PICTURE_BYTES: Final = 64 * 1024 * 1024
MAX_FILE_BYTES: Final = MAX_HEADER_BYTES + MAX_PICTURE_BYTES + 1


class NoParcel(ValueError):
    """A file that holds no parcel, or only a part of one."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A parcel with whom it is for, and when it was made (seconds since 1970: it outlives the process)."""

    parcel: Parcel
    horde_url: str
    worker: str
    kind: str
    model: str
    made_at: float

    @property
    def file_name(self) -> str:
        """The same for the same job id, whatever stands in it."""
        return hashlib.sha256(self.parcel.job_id.encode()).hexdigest()[:32] + ".parcel"

    def to_bytes(self) -> bytes:
        """The file. Raises `NoParcel` for what would be too large to be read again."""
        header = json.dumps(
            {
                "version": VERSION,
                "horde": self.horde_url,
                "worker": self.worker,
                "kind": self.kind,
                "model": self.model,
                "made_at": self.made_at,
                "job": self.parcel.job_id,
                "upload_url": self.parcel.upload_url,
                "submit": self.parcel.submit,
                "picture_bytes": len(self.parcel.picture),
                "picture_sha256": hashlib.sha256(self.parcel.picture).hexdigest(),
            },
            separators=(",", ":"),
        ).encode()
        if len(header) > MAX_HEADER_BYTES or len(self.parcel.picture) > MAX_PICTURE_BYTES:
            raise NoParcel("the result is too large to be kept")
        return header + b"\n" + self.parcel.picture


def read(raw: bytes) -> Spooled:
    """The parcel in a file's content. Raises `NoParcel`."""
    head, _, picture = raw.partition(b"\n")
    try:
        header: dict[str, Any] = json.loads(head)
        if header["version"] != VERSION:
            raise NoParcel(f"version {header['version']!r} is not known")
        found = Spooled(
            Parcel(_text(header, "job"), dict(header["submit"]), picture, _text(header, "upload_url")),
            _text(header, "horde"),
            _text(header, "worker"),
            _text(header, "kind"),
            _text(header, "model"),
            float(header["made_at"]),
        )
    except NoParcel:
        raise
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise NoParcel(f"it cannot be read: {type(error).__name__}") from None
    if len(picture) != header.get("picture_bytes") or hashlib.sha256(picture).hexdigest() != header["picture_sha256"]:
        raise NoParcel("the picture is not whole")
    return found


def _text(header: dict[str, Any], name: str) -> str:
    value = header[name]
    if not isinstance(value, str):
        raise NoParcel(f"{name} is no text")
    return value
