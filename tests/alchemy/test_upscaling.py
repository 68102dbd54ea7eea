"""The upscalers in the wheel: they add detail that a resampler does not, without seams, by the factor of the name."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from horde_worker.backends.trained_alchemy.pixels import bytes_of, planes_of
from horde_worker.backends.trained_alchemy.tiles import enlarged
from horde_worker.backends.trained_alchemy.upscaler import Network, Upscaler
from horde_worker.backends.trained_alchemy.upscaler_catalogue import SHIPPED, opened_network


def drawn(side: int) -> Image.Image:
    """Shapes with sharp edges, drawn large and shrunk, so that there is a truth to compare with."""
    large = Image.new("RGB", (side * 4, side * 4), "#87b5d9")
    draw = ImageDraw.Draw(large)
    draw.polygon([(0, side * 4), (side * 2, side), (side * 4, side * 4)], fill="#2f5d3a")
    draw.ellipse((side * 2.4, side * 0.3, side * 3.6, side * 1.5), fill="#f2c14e", outline="#7a3b12", width=side // 8)
    for place in range(6):
        draw.line((0, side * place / 2, side * 2, side * 4 - side * place / 3), fill="#1c1c1c", width=side // 16)
    return large


def error(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).mean())


@pytest.fixture(scope="module", params=sorted(SHIPPED))
def network(request: pytest.FixtureRequest) -> Network:
    return opened_network(request.param, threads=1)


def nothing(_done: int, _of: int) -> None:
    """Nobody listens."""


def test_edges_are_sharper_than_a_resampler_makes_them(network: Network) -> None:
    """And about as near to the truth: these networks are trained to look right, not to be right in each pixel."""
    truth = drawn(48)
    small = truth.resize((48, 48), Image.Resampling.BOX)
    resampled = small.resize(truth.size, Image.Resampling.LANCZOS)
    made = Upscaler(network, 4, 0.0).upscaled(small, nothing)
    assert made.size == truth.size

    def sharpness(picture: Image.Image) -> float:
        edges = np.asarray(picture.convert("L").filter(ImageFilter.FIND_EDGES), np.float64)
        return float(np.quantile(edges[2:-2, 2:-2], 0.98))

    assert sharpness(made) > 1.3 * sharpness(resampled)
    assert error(made, truth) < 1.15 * error(resampled, truth)


def test_there_is_no_seam_between_pieces(network: Network, photograph: Image.Image) -> None:
    """At the edges of pieces the result is about that of the whole, and the colours go on as they do there."""
    source = planes_of(photograph.crop((150, 40, 278, 168)))
    whole = bytes_of(network(source)).astype(int)
    pieced = enlarged(source, network, 4, nothing, side=64).astype(int)
    difference = np.abs(pieced - whole).mean(axis=2)
    seam = 64 * 4
    assert max(difference[:, seam - 4 : seam + 4].mean(), difference[seam - 4 : seam + 4, :].mean()) < 2.0  # of 255
    for axis in (0, 1):  # a seam would be a jump
        jumps = [np.abs(np.diff(picture, axis=axis)).take(seam - 1, axis=axis).mean() for picture in (pieced, whole)]
        assert jumps[0] < 1.1 * jumps[1]  # without surroundings and fading: 1.5 times


def test_the_x2_is_the_x4_halved(network: Network, photograph: Image.Image) -> None:
    """Of the size that the form's name says."""
    small = photograph.crop((180, 60, 228, 100))
    double, quadruple = (Upscaler(network, factor, 0.0).upscaled(small, nothing) for factor in (2, 4))
    assert double.size == (96, 80)
    assert error(double, quadruple.resize(double.size, Image.Resampling.BOX)) == 0
