"""Which files of weights are read, and which are refused before any library looks at them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.weight_files import MAX_HEADER_BYTES, tensors_in, weight_bytes

HEADER = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "__metadata__": {"a": "b"}}).encode()
WHOLE = len(HEADER).to_bytes(8, "little") + HEADER + bytes(8)


def a_file(folder: Path, content: bytes = WHOLE, name: str = "w.safetensors") -> Path:
    """With this content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_is_measured_and_its_tensors_are_named(tmp_path: Path) -> None:
    """Without the metadata."""
    file = a_file(tmp_path)
    assert weight_bytes(file) == len(WHOLE)
    assert list(tensors_in(file)) == ["w"]


def test_a_folder_counts_all_its_parts(tmp_path: Path) -> None:
    """Of a pipeline: a folder for each net."""
    a_file(tmp_path, name="unet/w.safetensors")
    a_file(tmp_path, name="vae/w.safetensors")
    assert weight_bytes(tmp_path) == 2 * len(WHOLE)


@pytest.mark.parametrize("name", ["w.ckpt", "w.pt", "w.bin", "w.pth"])
def test_pickles_are_refused(tmp_path: Path, name: str) -> None:
    """They can run code."""
    with pytest.raises(BackendFailure, match=r"a pickle can run code"):
        weight_bytes(a_file(tmp_path, name=name))


def test_a_folder_with_pickles_alone_is_refused_and_says_so(tmp_path: Path) -> None:
    """The one that was found is named."""
    a_file(tmp_path, name="unet/diffusion_pytorch_model.bin")
    with pytest.raises(BackendFailure, match=r"only diffusion_pytorch_model.bin, a pickle, which is not read"):
        weight_bytes(tmp_path)


def test_an_empty_or_missing_folder_is_told(tmp_path: Path) -> None:
    """In different words."""
    with pytest.raises(BackendFailure, match="it has none"):
        weight_bytes(tmp_path)
    with pytest.raises(BackendFailure, match="is not there"):
        weight_bytes(tmp_path / "missing")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE[:-1], "damaged or was cut short"),
        (WHOLE + b"x", "damaged or was cut short"),
        (b"<html>not found</html>", "has no header"),
        (b"", "has no header"),
        ((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}", "has no header"),
        (b"\x04\x00\x00\x00\x00\x00\x00\x00nope", "cannot be read"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00[]", "cannot be read"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00{}", "damaged"),
    ],
)
def test_a_file_that_is_damaged_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    """A download that was cut short, a page in place of a file, a header without end."""
    with pytest.raises(BackendFailure, match=reason):
        weight_bytes(a_file(tmp_path, content))
