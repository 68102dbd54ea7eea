"""Pictures enlarged piece by piece look as if they had been enlarged at once."""

from __future__ import annotations

import numpy as np
import pytest

from horde_worker.backends.trained_alchemy.pixels import Planes, bytes_of
from horde_worker.backends.trained_alchemy.tiles import SURROUNDINGS, TILE_SIDE, enlarged, pieces_of

RADIUS = 5


def blurring_doubler(planes: Planes) -> Planes:
    """Like a network: each pixel depends on those around it, and the picture's edge is repeated."""
    padded = np.pad(planes, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * RADIUS + 1, 2 * RADIUS + 1), axis=(1, 2))
    made: Planes = windows.mean(axis=(3, 4), dtype=np.float32).repeat(2, axis=1).repeat(2, axis=2)
    return made


def noise(width: int, height: int) -> Planes:
    return np.random.default_rng(3).random((3, height, width), dtype=np.float32)


def test_no_edge_is_seen_between_pieces() -> None:
    """What is thrown away around each piece is wider than what a network looks at."""
    source = noise(70, 50)
    whole = bytes_of(blurring_doubler(source))
    pieced = enlarged(source, blurring_doubler, 2, lambda _done, _of: None, side=16, around=6, overlap=1)
    assert np.abs(pieced.astype(int) - whole).max() <= 1  # sums of another order


def test_without_surroundings_there_would_be_edges() -> None:
    """The test above sees them."""
    source = noise(70, 50)
    whole = bytes_of(blurring_doubler(source))
    pieced = enlarged(source, blurring_doubler, 2, lambda _done, _of: None, side=16, around=0, overlap=0)
    assert np.abs(pieced.astype(int) - whole).max() > 8


def test_one_piece_fades_into_the_next() -> None:
    """Where a network makes something else of each, the change is gradual, and no pixel is left out."""
    shades = iter(np.linspace(0.2, 0.8, 9))

    def one_shade(planes: Planes) -> Planes:
        return np.full((3, planes.shape[1] * 2, planes.shape[2] * 2), next(shades), np.float32)

    made = enlarged(noise(48, 48), one_shade, 2, lambda _done, _of: None, side=16, around=8, overlap=4).astype(int)
    assert (made[0, 0, 0], made[-1, -1, 0]) == (51, 204)
    assert max(np.abs(np.diff(made, axis=axis)).max() for axis in (0, 1)) <= 10  # of steps of 19 and 57


@pytest.mark.parametrize(("width", "height"), [(1, 1), (16, 16), (17, 5), (TILE_SIDE, TILE_SIDE + 1), (300, 40)])
def test_pieces_cover_each_pixel_once_and_show_no_more_than_there_is(width: int, height: int) -> None:
    """Also pictures smaller than a piece."""
    covered = np.zeros((height, width), int)
    for piece in pieces_of(width, height):
        covered[slice(*piece.rows), slice(*piece.columns)] += 1
        assert 0 <= piece.shown_rows[0] <= piece.rows[0] and piece.rows[1] <= piece.shown_rows[1] <= height
        assert piece.shown_columns[1] - piece.shown_columns[0] <= TILE_SIDE + 2 * SURROUNDINGS
    assert (covered == 1).all()


def test_one_can_stop_before_each_piece() -> None:
    """A form that nobody waits for ends soon."""
    told: list[tuple[int, int]] = []

    def stop_at_the_second(done: int, of: int) -> None:
        told.append((done, of))
        if done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        enlarged(noise(40, 16), blurring_doubler, 2, stop_at_the_second, side=16, around=0)
    assert told == [(0, 3), (1, 3)]
