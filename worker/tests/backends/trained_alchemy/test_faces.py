"""Faces are restored where they are, as much as was asked for, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.body_detector import Found
from horde_worker.backends.trained_alchemy.faces import SIDE, FaceFixer
from horde_worker.backends.trained_alchemy.pixels import Planes


class Finder:
    """Sees these things in every picture."""

    def __init__(self, *found: Found) -> None:
        self._found = list(found)

    def found(self, picture: Image.Image) -> list[Found]:
        return self._found


FACE = Found("female face", 0.9, (80, 80, 120, 120))


def inverted(face: Planes) -> Planes:
    assert face.shape == (3, SIDE, SIDE)
    return 1 - face


def test_a_face_is_restored_and_the_rest_stays() -> None:
    """With some surroundings, as the networks want the whole head."""
    made = FaceFixer(inverted, Finder(FACE)).fixed(Image.new("RGB", (200, 200), "white"), 1.0)
    assert made.getpixel((100, 100)) == (0, 0, 0)
    assert made.getpixel((40, 40)) == made.getpixel((199, 100)) == (255, 255, 255)


def test_strength_is_how_much_of_it_is_seen() -> None:
    """From none to all."""
    fixer = FaceFixer(inverted, Finder(FACE))
    source = Image.new("RGB", (200, 200), "white")
    assert fixer.fixed(source, 0.0).tobytes() == source.tobytes()
    half = fixer.fixed(source, 0.5).getpixel((100, 100))
    assert isinstance(half, tuple) and 120 <= half[0] <= 135


def test_a_face_at_the_edge_is_restored_as_far_as_it_is_there() -> None:
    """What lies beyond is not pasted back."""
    fixer = FaceFixer(inverted, Finder(Found("male face", 0.9, (180, 0, 210, 30))))
    made = fixer.fixed(Image.new("RGB", (200, 100), "white"), 1.0)
    assert made.size == (200, 100)
    assert made.getpixel((190, 15)) == (0, 0, 0)
    assert made.getpixel((100, 90)) == (255, 255, 255)


@pytest.mark.parametrize("found", [[], [Found("belly, bare", 0.9, FACE.box)], [Found("male face", 0.3, FACE.box)]])
def test_without_a_face_the_picture_stays_as_it_is(found: list[Found]) -> None:
    """Nor for a face that is hardly one."""
    source = Image.effect_noise((200, 200), 40).convert("RGB")
    assert FaceFixer(inverted, Finder(*found)).fixed(source, 1.0).tobytes() == source.tobytes()


def test_transparency_stays() -> None:
    """A face fixer after `strip_background`."""
    source = Image.new("RGBA", (200, 200), (255, 255, 255, 0))
    made = FaceFixer(inverted, Finder(FACE)).fixed(source, 1.0)
    assert made.mode == "RGBA"
    assert made.getpixel((100, 100)) == (0, 0, 0, 0)


@pytest.mark.parametrize("made", [np.zeros((3, 256, 256)), np.full((3, SIDE, SIDE), np.nan)])
def test_a_network_that_restores_no_face_is_found_out_when_it_is_loaded(made: Planes) -> None:
    """Before the form is offered."""
    with pytest.raises(BackendFailure, match="the face fixer made"):
        FaceFixer(lambda _face: made, Finder()).tried()
