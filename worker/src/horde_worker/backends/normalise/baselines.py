"""What a model derives from, as far as sizes depend on it: the side it was trained at, and its first-pass sizes."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_GENERATION_BASELINE

Baseline: TypeAlias = KNOWN_IMAGE_GENERATION_BASELINE

_SIDE: Final[dict[Baseline, int]] = {
    Baseline.infer: 512,
    Baseline.stable_diffusion_1: 512,
    Baseline.stable_diffusion_2_512: 512,
    Baseline.stable_diffusion_2_768: 768,
}
_LARGE_SIDE: Final = 1024
_BY_NAME: Final = {baseline.value: baseline for baseline in Baseline}

_CLUES: Final[tuple[tuple[str, Baseline], ...]] = (
    (r"cascade", Baseline.stable_cascade),
    (r"flux.*schnell|schnell", Baseline.flux_schnell),
    (r"flux.*dev", Baseline.flux_dev),
    (r"flux", Baseline.flux_1),
    (r"qwen", Baseline.qwen_image),
    (r"z[ _-]?image", Baseline.z_image_turbo),
    (r"sd[ _-]?xl|(?:^|[^a-z])xl|xl(?:$|[^a-z])|pony|illustrious|noob[ _-]?ai|animagine", Baseline.stable_diffusion_xl),
    (r"768.*v[ _-]?pred|v2-1_768|(?:sd|stable[ _-]diffusion)[ _-]?(?:v)?2[._-]?[01]", Baseline.stable_diffusion_2_768),
)
MAX_NAME_CHARACTERS: Final = 255


def native_side(baseline: Baseline) -> int:
    """Pixels of a side of the square pictures that it was trained on."""
    return _SIDE.get(baseline, _LARGE_SIDE)


def baseline_named(word: object) -> Baseline:
    """A baseline by its name in the API, as a reference or an owner's file says it; `infer` for any other word."""
    text = word.strip().lower().replace(" ", "_") if isinstance(word, str) else ""
    return _BY_NAME.get(text, Baseline.infer)


def baseline_by_clues(*names: str) -> Baseline:
    """What the names of a model (the horde's, its file's) give away; `stable_diffusion_1` where they say nothing.

    A guess, and only used for sizes of a first pass: an owner's word for it goes first, then what the server says.
    """
    for name in names:
        for clue, baseline in _CLUES:
            if re.search(clue, name[:MAX_NAME_CHARACTERS].lower()):
                return baseline
    return Baseline.stable_diffusion_1
