"""LoRAs and textual inversions as words of the prompt, and other people's words that would be read as such."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.a1111.facts import Facts, LoraFile
from horde_worker.backends.a1111.options import A1111Options
from horde_worker.backends.image import ImageJob, Lora, Remark
from horde_worker.backends.normalise.additions import trigger_words, with_inversion, with_triggers

_NETWORK: Final = re.compile(r"<+(?=\w+:)")
_EMBEDDING: Final = re.compile(r"\bembedding:([^\s,():<>]{1,255})")


@dataclass(frozen=True, slots=True)
class Prompts:
    """Both prompts as the server reads them, with what could not be had."""

    prompt: str
    negative_prompt: str
    remarks: tuple[Remark, ...] = ()


def prompts_of(job: ImageJob, facts: Facts, options: A1111Options) -> Prompts:
    """The job's prompts with its LoRAs and inversions. Those that the server has not are left out, and said."""
    here = {one.name: _embedding(one.name, facts.embeddings, options.tis) for one in job.tis}
    prompt, negative = _as_text(job.prompt, here), _as_text(job.negative_prompt, here)
    remarks = [Remark("ti", "download_failed", name) for name, local in here.items() if not local]
    for inversion in job.tis:
        if local := here[inversion.name]:
            prompt, negative = with_inversion(prompt, negative, _weighted(local, inversion.strength), inversion.inject)
    networks = []
    for lora in job.loras:
        found = _lora(lora, facts.loras, options.loras)
        if found is None:
            remarks.append(Remark("lora", "download_failed", lora.name))
            continue
        networks.append(f"<lora:{found.name}:te={lora.clip_strength:g}:unet={lora.model_strength:g}>")
        words = trigger_words(lora.inject_trigger, found.triggers, job.seeds[0])
        prompt = with_triggers(prompt, [_as_text(word, {}) for word in words])
    return Prompts(" ".join([prompt, *networks]).strip(), negative, tuple(remarks))


def lacks_loras(job: ImageJob, facts: Facts, options: A1111Options) -> bool:
    """Whether a LoRA of the job is not among the files that are known."""
    return any(_lora(one, facts.loras, options.loras) is None for one in job.loras)


def lacks_inversions(job: ImageJob, facts: Facts, options: A1111Options) -> bool:
    """Whether an inversion is not."""
    return any(not _embedding(one.name, facts.embeddings, options.tis) for one in job.tis)


def _as_text(prompt: str, inversions: Mapping[str, str]) -> str:
    """The prompt without what would load the owner's files unasked, and with inversions by their names at the server.

    ComfyUI's way to name one (`embedding:name`) is not known here.
    """
    without_networks = _NETWORK.sub("", prompt)
    return _EMBEDDING.sub(lambda found: inversions.get(found[1], "") or found[1], without_networks)


def _lora(lora: Lora, files: tuple[LoraFile, ...], table: Mapping[str, str]) -> LoraFile | None:
    """By the owner's table first, then by the file's own name."""
    wanted = table.get(lora.name, lora.name).lower()
    return next((file for file in files if wanted in {file.name.lower(), file.alias.lower()} - {""}), None)


def _embedding(name: str, embeddings: tuple[str, ...], table: Mapping[str, str]) -> str:
    wanted = table.get(name, name).lower()
    return next((one for one in embeddings if one.lower() == wanted), "")


def _weighted(word: str, strength: float) -> str:
    return word if strength == 1 else f"({word}:{strength:g})"
