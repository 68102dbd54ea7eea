"""The detector in nudenet's wheel, run by our code, sees what its own program sees."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from horde_worker.backends.trained_alchemy.body_detector import FACES, BodyDetector, is_not_safe


@pytest.fixture(scope="module")
def detector() -> BodyDetector:
    return BodyDetector.open(threads=1)


def test_a_face_is_found_where_it_is(detector: BodyDetector, photograph: Image.Image) -> None:
    """In pixels of the picture, also where that is not square."""
    for picture in (photograph, photograph.crop((0, 0, 512, 300)), photograph.resize((1024, 1024))):
        [face] = [one for one in detector.found(picture) if one.label in FACES]
        scale = picture.width / 512
        middle = (face.box[0] + face.box[2]) / 2 / scale, (face.box[1] + face.box[3]) / 2 / scale
        assert 190 < middle[0] < 260 and 80 < middle[1] < 170
        assert face.score > 0.4


def test_it_sees_what_nudenets_own_program_sees(detector: BodyDetector, photograph: Image.Image) -> None:
    """The same labels with about the same scores; it shrinks pictures in another way."""
    nudenet = pytest.importorskip("nudenet", exc_type=ImportError)
    raw = io.BytesIO()
    photograph.save(raw, "PNG")
    theirs = {
        one["class"].replace("FACE_FEMALE", "female face"): one for one in nudenet.NudeDetector().detect(raw.getvalue())
    }
    ours = {one.label: one for one in detector.found(photograph) if one.score > 0.35}
    assert "female face" in ours and "female face" in theirs
    assert ours["female face"].score == pytest.approx(theirs["female face"]["score"], abs=0.12)
    left, top, wide, high = theirs["female face"]["box"]
    assert np.allclose(ours["female face"].box, (left, top, left + wide, top + high), atol=14)


def test_who_is_dressed_is_safe_and_so_is_a_drawing(detector: BodyDetector, photograph: Image.Image) -> None:
    """No alarm for an astronaut, nor for shapes."""
    shapes = Image.new("RGB", (512, 384), "white")
    ImageDraw.Draw(shapes).ellipse((100, 100, 300, 300), fill="#e0ac69")
    for picture in (photograph, shapes):
        assert not is_not_safe(detector.found(picture), threshold=0.5)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 3), (320, 320)])
def test_pictures_of_any_shape_are_looked_at(detector: BodyDetector, size: tuple[int, int]) -> None:
    """Without an error, which would cost the job."""
    assert detector.found(Image.new("RGB", size, "grey")) == []
