"""Face fixers: each face is cut out, restored by the owner's network, and put back with a soft edge.

Faces are found by nudenet's detector, as upright boxes: the networks were trained on faces turned upright and centred,
so a face that lies on its side is restored less well than by programs that find eyes and mouth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.body_detector import FACES, Found
from horde_worker.backends.trained_alchemy.onnx_model import OnnxModel
from horde_worker.backends.trained_alchemy.pixels import Planes, picture_of, planes_of

SIDE: Final = 512
"""Pixels of the square on which the networks of all four names work."""
LEAST_SCORE: Final = 0.4
MOST_FACES: Final = 20
WIDENED: Final = 1.6
"""The networks want the whole head: so many times the side of the detector's box."""
SOFT_EDGE: Final = 0.08
"""As a share of the side of the square."""
FIDELITY: Final = 0.5
"""Where a network takes a second input: between a good face and the same face."""

Restore: TypeAlias = Callable[[Planes], Planes]
"""A face of 512×512 from 0 to 1, restored."""


class FaceFinder(Protocol):
    """What finds faces, such as `BodyDetector`."""

    def found(self, picture: Image.Image) -> list[Found]:
        """What is seen, faces among it."""


class FaceFixer:
    """A network and a detector."""

    def __init__(self, restore: Restore, detector: FaceFinder) -> None:
        self._restore = restore
        self._detector = detector

    def fixed(
        self, picture: Image.Image, strength: float, on_face: Callable[[int, int], None] = lambda _done, _of: None
    ) -> Image.Image:
        """The picture with its faces restored, by `strength` from 0 to 1; the same without any.

        `on_face(done, of)` is called before each. Raises `BackendFailure`.
        """
        squares = [square_around(one, picture.size) for one in self._detector.found(picture) if _is_face(one)]
        result = picture.copy()
        for done, square in enumerate(squares[:MOST_FACES]):
            on_face(done, min(len(squares), MOST_FACES))
            self._fix(result, square, strength)
        if picture.mode == "RGBA":  # a face that is pasted in is opaque
            result.putalpha(picture.getchannel("A"))
        return result

    def tried(self) -> None:
        """Restore a grey square, so that a network that cannot is found out now. Raises `BackendFailure`."""
        self._restored(Image.new("RGB", (SIDE, SIDE), "grey"))

    def _fix(self, picture: Image.Image, square: tuple[int, int, int, int], strength: float) -> None:
        side = square[2] - square[0]
        # Pillow paints black what lies beyond the picture's edge; it is not pasted back.
        face = picture.convert("RGB").crop(square).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        restored = self._restored(face).resize((side, side), Image.Resampling.LANCZOS)
        picture.paste(restored, square[:2], _soft_square(side, strength))

    def _restored(self, face: Image.Image) -> Image.Image:
        made = self._restore(planes_of(face))
        if made.shape != (3, SIDE, SIDE) or not np.isfinite(made).all():
            raise BackendFailure(f"the face fixer made {made.shape} of a face of {SIDE}×{SIDE}")
        return picture_of(made)


def _is_face(found: Found) -> bool:
    return found.label in FACES and found.score >= LEAST_SCORE


def square_around(found: Found, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The square that shows the head, which may reach beyond the picture."""
    left, top, right, bottom = found.box
    half = max(right - left, bottom - top) * WIDENED / 2
    side = max(min(round(2 * half), 2 * max(size)), 8)
    across, down = round((left + right) / 2 - half), round((top + bottom) / 2 - half)
    return across, down, across + side, down + side


def _soft_square(side: int, strength: float) -> Image.Image:
    edge = max(round(side * SOFT_EDGE), 1)
    mask = Image.new("L", (side, side))
    mask.paste(round(255 * strength), (2 * edge, 2 * edge, side - 2 * edge, side - 2 * edge))
    return mask.filter(ImageFilter.GaussianBlur(edge))


def onnx_restorer(path: Path, threads: int | None = None) -> Restore:
    """A network in an ONNX file, which takes and gives values from -1 to 1 (GFPGAN, CodeFormer, RestoreFormer)."""
    model = OnnxModel(path, threads)
    more = {name: model.number(name, FIDELITY) for name in model.inputs[1:]}  # CodeFormer's exports have one

    def restore(face: Planes) -> Planes:
        made: Planes = model((face - np.float32(0.5)) / np.float32(0.5), more) * np.float32(0.5) + np.float32(0.5)
        return made

    return restore


def torch_restorer(path: Path) -> Restore:
    """A network in a file of torch, by `spandrel`, which takes and gives values from 0 to 1."""
    import torch

    from horde_worker.backends.trained_alchemy.spandrel_model import spandrel_model
    from horde_worker.backends.trained_alchemy.torch_upscaler import best_device
    from horde_worker.backends.trained_alchemy.torch_weights import torch_weights

    device = best_device()
    run = spandrel_model(path.stem, torch_weights(path), device)

    def restore(face: Planes) -> Planes:
        with torch.inference_mode():
            made: Planes = run(torch.from_numpy(face)[None].to(device))[0].float().cpu().numpy()
        return made

    return restore
