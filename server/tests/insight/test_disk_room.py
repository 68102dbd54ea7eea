"""A disk without room is told before writing to it fails."""

from __future__ import annotations

from pathlib import Path

from horde_server.insight.disk_room import Floor, free_bytes, local_places, what_is_full
from horde_server.settings import Settings


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def test_room_enough_is_no_complaint_also_for_a_folder_still_to_be_made(tmp_path: Path) -> None:
    assert what_is_full({"images": tmp_path / "not" / "yet"}, Floor(free_bytes=1, inodes=1)) is None


def test_bytes_below_the_floor_are_told_with_the_place(tmp_path: Path) -> None:
    more_than_there_is = free_bytes(tmp_path) + 10**15
    complaint = what_is_full({"images": tmp_path}, Floor(more_than_there_is, 0))
    assert complaint is not None
    assert complaint.startswith(f"The disk for images ({tmp_path}) is full: ")


def test_files_below_the_floor_are_told_where_they_are_counted() -> None:
    counted = Path("/dev/shm")
    complaint = what_is_full({"images": counted}, Floor(0, 10**15))
    assert complaint is None or "no room for more files" in complaint


def test_a_read_only_disk_is_told() -> None:
    assert what_is_full({"images": Path("/sys")}, Floor(0, 0)) in ("The disk for images (/sys) is read-only.", None)


def test_places_are_those_that_are_local(tmp_path: Path) -> None:
    assert local_places(settings(data=tmp_path)) == {
        "the database": tmp_path / "postgres",
        "images": tmp_path / "blobs",
    }
    elsewhere = settings(data=tmp_path, database_url="postgresql://db/horde", blobs="s3://bucket")
    assert local_places(elsewhere) == {}
    of_its_own = settings(data=tmp_path, blobs="s3://bucket", shared_blobs=str(tmp_path / "kept"))
    assert local_places(of_its_own) == {"the database": tmp_path / "postgres", "shared images": tmp_path / "kept"}
