"""Upscalers and face fixers: which of the horde's the server has, and how one is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from horde_worker.backends.a1111.facts import Facts, Program
from horde_worker.backends.a1111.options import FACE_FIXERS
from horde_worker.backends.events import BackendFailure

_UPSCALERS: Final[dict[str, tuple[str, int]]] = {
    "RealESRGAN_x4plus": (r"r(eal)?esrgan(x)?4x?plus|r(eal)?esrgan4x", 4),
    "RealESRGAN_x2plus": (r"r(eal)?esrgan(x)?2x?plus|r(eal)?esrgan2x", 2),
    "RealESRGAN_x4plus_anime_6B": (r"r(eal)?esrgan(x)?4x?(plus)?anime6b", 4),
    "NMKD_Siax": (r"(4x)?nmkdsiax(200k)?", 4),
    "4x_AnimeSharp": (r"4x?animesharp", 4),
    "4xNomos8kSC": (r"4xnomos8ksc", 4),
    "4xLSDIRplus": (r"4xlsdirplus", 4),
    "4xNomosWebPhoto_RealPLKSR": (r"4xnomoswebphotorealplksr", 4),
    "4xNomos2_realplksr_dysample": (r"4xnomos2realplksrdysample", 4),
    "4xNomos2_hq_dat2": (r"4xnomos2hqdat2", 4),
    "2xModernSpanimationV1": (r"2xmodernspanimationv1", 2),
}
"""The horde's upscalers: what the server's name looks like without signs, and how many times larger pictures become.

Names are those of the files that everybody has, or the ones that the programs give them (R-ESRGAN 4x+).
"""

_MOST_OF_A_NAME: Final = 3
"""The program's own entry, whose weights it may lack, and files that the owner put there."""
_FIDELITY: Final = 0.5
"""CodeFormer's own weight: how much of the face stays as it was."""


@dataclass(frozen=True, slots=True)
class PostProcessor:
    """One thing to do with a finished picture; an upscaler's `factor` is of each side, a face fixer's 1."""

    name: str
    local: str
    factor: int = 1

    def body(self, image: str, strength: float) -> dict[str, Any]:
        """What to send to `/sdapi/v1/extra-single-image`, for an image in base64."""
        if self.factor > 1:
            return {"image": image, "resize_mode": 0, "upscaling_resize": self.factor, "upscaler_1": self.local}
        sent: dict[str, Any] = {"image": image, "resize_mode": 0, "upscaling_resize": 1, "upscaler_1": "None"}
        sent[f"{self.local}_visibility"] = strength
        if self.local == "codeformer":
            sent["codeformer_weight"] = _FIDELITY
        return sent


def post_processors(facts: Facts, face_fixers: tuple[str, ...]) -> Mapping[str, tuple[PostProcessor, ...]]:
    """Those that the server has, by their names in the horde, each as often as there is one of that name.

    Of face fixers, those that the owner says it has.
    """
    if facts.program == Program.PART:
        return {}
    found = {}
    for name, (looks, factor) in _UPSCALERS.items():
        if local := [one for one in facts.upscalers if re.fullmatch(looks, _bare(one))]:
            found[name] = tuple(PostProcessor(name, one, factor) for one in local[:_MOST_OF_A_NAME])
    restorers = {_bare(one) for one in facts.face_restorers}
    for name in face_fixers:
        if FACE_FIXERS[name] in restorers:
            found[name] = (PostProcessor(name, FACE_FIXERS[name]),)
    return found


def in_order(names: Iterable[str], has: Mapping[str, PostProcessor]) -> tuple[PostProcessor, ...]:
    """What a job wants done. Raises `BackendFailure` for what the server has not."""
    wanted = tuple(names)
    if lacking := [name for name in wanted if name not in has]:
        raise BackendFailure(f"the server has no {', '.join(lacking)}"[:255])
    return tuple(has[name] for name in wanted)


def _bare(name: str) -> str:
    """Lower case, letters and digits only; a plus at the end is part of a name, and there is a file's ending."""
    text = re.sub(r"\.(pth|pt|safetensors|ckpt)$", "", name.lower())
    return re.sub(r"[^a-z0-9]", "", text)
