"""An upscaler makes what its form's name promises, whatever its network does, and honours the lease."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from horde_worker.backends.trained_alchemy.forms import MOST_TILES, TILE_PIXELS, LoadedForms
from horde_worker.backends.trained_alchemy.pixels import Planes
from horde_worker.backends.trained_alchemy.upscaler import Upscaler, seconds_per_pixel_of
from horde_worker.backends.trained_alchemy.upscaler_catalogue import FACTORS, USUAL, networks_wanted


class Repeater:
    """Makes four times as many pixels of each."""

    name = "repeater"
    factor = 4

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, planes: Planes) -> Planes:
        self.seen.append(planes.shape)
        return planes.repeat(4, axis=1).repeat(4, axis=2)


def nothing(_done: int, _of: int) -> None:
    """Nobody listens."""


@pytest.mark.parametrize(("factor", "size"), [(4, (120, 80)), (2, (60, 40)), (8, (240, 160))])
def test_the_picture_grows_by_the_forms_factor(factor: int, size: tuple[int, int]) -> None:
    """An x2 is an x4 halved."""
    made = Upscaler(Repeater(), factor, 0.0).upscaled(Image.new("RGB", (30, 20), "teal"), nothing)
    assert (made.mode, made.size, made.getpixel((5, 5))) == ("RGB", size, (0, 128, 128))


def test_transparency_grows_along() -> None:
    """It is no colour, so no network sees it."""
    source = Image.new("RGBA", (20, 20), (10, 200, 30, 255))
    source.paste((10, 200, 30, 0), (0, 0, 10, 20))
    made = Upscaler(Repeater(), 4, 0.0).upscaled(source, nothing)
    assert made.mode == "RGBA"
    assert (made.getpixel((4, 40)), made.getpixel((76, 40))) == ((10, 200, 30, 0), (10, 200, 30, 255))


def test_speed_is_measured_with_the_surroundings_that_each_piece_has() -> None:
    """By running the network."""
    network = Repeater()
    assert seconds_per_pixel_of(network) > 0
    assert len(network.seen) == 3


def test_a_result_takes_longer_the_larger_it_is() -> None:
    """It has to be packed."""
    assert Upscaler(Repeater(), 4, 1e-6).seconds_for(TILE_PIXELS) > Upscaler(Repeater(), 2, 1e-6).seconds_for(
        TILE_PIXELS
    )


def test_no_larger_sources_are_offered_than_the_slowest_form_does_in_time() -> None:
    """A horde hands out any offered form in any offered size."""
    forms = LoadedForms(seconds_per_tile={"RealESRGAN_x4plus": 30.0, "RealESRGAN_x4plus_anime_6B": 8.0})
    assert forms.max_tiles(75.0) == 2
    assert LoadedForms(seconds_per_tile={"RealESRGAN_x4plus": 0.001}).max_tiles(75.0) == MOST_TILES
    assert LoadedForms().max_tiles(75.0) == MOST_TILES


def test_each_network_has_the_form_that_its_name_means() -> None:
    """And nothing else, until the owner says so."""
    assert networks_wanted({}) == USUAL
    assert networks_wanted({"RealESRGAN_x2plus": "off", "4x_AnimeSharp": "realesr-animevideov3"}) == {
        "RealESRGAN_x4plus": "realesrgan-x4plus",
        "RealESRGAN_x4plus_anime_6B": "realesrgan-x4plus-anime",
        "4x_AnimeSharp": "realesr-animevideov3",
    }
    assert {FACTORS[form] for form in ("RealESRGAN_x2plus", "2xModernSpanimationV1")} == {2}
    assert np.isin([FACTORS[form] for form in ("NMKD_Siax", "4x_AnimeSharp", "RealESRGAN_x4plus")], 4).all()
