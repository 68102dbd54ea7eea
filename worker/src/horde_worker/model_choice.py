"""Which picture models are offered, of those that there are: names, and words such as `all sdxl` or `top 5`.

The words are those of the older workers' `models_to_load` and `models_to_skip`. What a word needs to know of a model is
in a reference, by name; of a model that is in none, the name itself tells, as hordes read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_WORD: Final = re.compile(
    r"all(?:\s+(?P<which>sd15|sd21|sdxl|inpainting|sfw|nsfw))?(?:\s+models)?|(?P<end>top|bottom)\s+(?P<count>\d{1,4})",
    re.IGNORECASE,
)
_LARGE: Final = frozenset({"stable_cascade", "flux_1", "flux_schnell", "flux_dev"})


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model."""

    baseline: str = "stable_diffusion_1"
    is_nsfw: bool = False
    is_inpainting: bool = False


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """An owner's choice. Without any entry all are offered. `ranking`: names, the most used first."""

    load: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    with_large: bool = True
    reference: Mapping[str, ModelFacts] = field(default_factory=dict)
    ranking: tuple[str, ...] = ()

    @property
    def needs_ranking(self) -> bool:
        """Whether a word of it asks for what is used most."""
        return any((found := _WORD.fullmatch(one.strip())) and found["end"] for one in (*self.load, *self.skip))

    def of(self, there: Sequence[str]) -> tuple[str, ...]:
        """The models to offer, in the order in which they are there."""
        wanted = set(there)
        if self.load:
            wanted = set()
            for entry in self.load:
                named = set(self._meant(entry, there))
                is_word = _WORD.fullmatch(entry.strip()) is not None
                wanted |= {one for one in named if self.with_large or not is_word or not self._is_large(one)}
        for entry in self.skip:
            wanted -= set(self._meant(entry, there))
        return tuple(one for one in there if one in wanted)

    def _meant(self, entry: str, there: Sequence[str]) -> Iterable[str]:
        word = _WORD.fullmatch(entry.strip())
        if word is None:
            return [one for one in there if one == entry]
        if word["end"]:
            used = [one for one in self.ranking if one in there]
            return used[: int(word["count"])] if word["end"].lower() == "top" else used[::-1][: int(word["count"])]
        which = (word["which"] or "").lower()
        return [one for one in there if self._is(one, which)]

    def _is(self, model: str, which: str) -> bool:
        facts = self.facts(model)
        answers = {
            "sd15": facts.baseline == "stable_diffusion_1",
            "sd21": facts.baseline.startswith("stable_diffusion_2"),
            "sdxl": facts.baseline == "stable_diffusion_xl",
            "inpainting": facts.is_inpainting,
            "sfw": not facts.is_nsfw,
            "nsfw": facts.is_nsfw,
        }
        return answers.get(which, True)

    def _is_large(self, model: str) -> bool:
        return self.facts(model).baseline in _LARGE

    def facts(self, model: str) -> ModelFacts:
        """What is known of a model, else what its name tells."""
        if model in self.reference:
            return self.reference[model]
        name = model.lower()
        if "flux" in name:
            baseline = "flux_1"
        elif "cascade" in name:
            baseline = "stable_cascade"
        elif re.search(r"xl\b|sdxl|pony|illustrious", name):
            baseline = "stable_diffusion_xl"
        elif re.search(r"\bsd ?2|stable diffusion 2", name):
            baseline = "stable_diffusion_2_512"
        else:
            baseline = "stable_diffusion_1"
        return ModelFacts(baseline, is_inpainting="inpaint" in name)


ALL_MODELS: Final = ModelChoice()
