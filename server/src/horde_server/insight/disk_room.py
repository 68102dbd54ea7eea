"""Whether the disks have room for what a horde keeps: asked of the file system, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from horde_server.settings import Settings
from horde_server.system.disks import disk_of


@dataclass(frozen=True, slots=True)
class Floor:
    """What a disk must have free."""

    free_bytes: int
    inodes: int


def local_places(settings: Settings) -> dict[str, Path]:
    """The folders that this horde writes to, by what for; not those of a database or bucket elsewhere."""
    places = {
        "the database": str(settings.data / "postgres") if settings.database_url is None else None,
        "images": settings.blobs or str(settings.data / "blobs"),
        "source images": settings.source_blobs,
        "shared images": settings.shared_blobs,
        "refused prompts": settings.prompt_evidence,
    }
    return {name: Path(place) for name, place in places.items() if place and not place.startswith("s3://")}


def floor_of(settings: Settings) -> Floor:
    """As set."""
    return Floor(settings.min_free_bytes, settings.min_free_inodes)


def what_is_full(places: dict[str, Path], floor: Floor) -> str | None:
    """A sentence on the first place without room; None when all have some. May block on a remote file system."""
    for name, place in places.items():
        if (lack := _lack(place, floor)) is not None:
            return f"The disk for {name} ({place.absolute()}) {lack}."
    return None


def free_bytes(place: Path) -> int:
    """Of the disk that the place is, or will be made, on. Raises `OSError`."""
    return disk_of(nearest(place)).free_bytes


def nearest(place: Path) -> Path:
    """The place, or the first of its parents that exists."""
    absolute = place.absolute()
    return next(parent for parent in (absolute, *absolute.parents) if parent.exists())


def _lack(place: Path, floor: Floor) -> str | None:
    try:
        disk = disk_of(nearest(place))
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    if disk.is_read_only:
        return "is read-only"
    if disk.free_bytes < floor.free_bytes:
        return f"is full: {disk.free_bytes / 1e6:.0f} MB free, {floor.free_bytes / 1e6:.0f} MB wanted"
    if disk.free_files is not None and disk.free_files < floor.inodes:
        return f"has no room for more files: {disk.free_files} left, {floor.inodes} wanted"
    return None
