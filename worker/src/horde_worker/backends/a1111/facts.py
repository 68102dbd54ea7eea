"""What one server is and has, read from its answers: whatever those are, nothing here raises but for what must be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

MAX_ITEMS: Final = 5000
MAX_NAME_CHARACTERS: Final = 255
MAX_TRIGGERS: Final = 20


class Program(Enum):
    """Which program it is, told by what it answers."""

    A1111 = "AUTOMATIC1111"
    FORGE = "Forge"
    SDNEXT = "SD.Next"
    PART = "a program with a part of AUTOMATIC1111's API"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's file. `title` chooses it; the hash is of a few characters."""

    title: str
    name: str
    filename: str = ""
    short_hash: str = ""

    @property
    def wants_mask(self) -> bool:
        """Whether it is made for filling masks, as the names of such files say."""
        return "inpaint" in self.title.lower()

    def is_called(self, local: str) -> bool:
        """Whether an owner means this one: by title, name, file or hash."""
        wanted = local.lower()
        file = re.split(r"[/\\]", self.filename.lower())[-1]
        names = {self.title.lower(), self.name.lower(), self.short_hash.lower(), file, file.rpartition(".")[0]}
        return wanted in names - {""}


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampler; `has_karras` is None where schedules are not the sampler's matter."""

    name: str
    aliases: tuple[str, ...] = ()
    has_karras: bool | None = None


@dataclass(frozen=True, slots=True)
class LoraFile:
    """A LoRA that the server has, and the words it was trained for, as its file says."""

    name: str
    alias: str = ""
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlNets:
    """Preprocessors and models of the ControlNet extension."""

    modules: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that jobs depend on. Two equal ones need no further trial."""

    program: Program
    checkpoints: tuple[Checkpoint, ...]
    samplers: tuple[Sampler, ...]
    schedules: frozenset[str] = frozenset()
    """Labels, where the request names the schedule apart from the sampler."""
    option_names: frozenset[str] = frozenset()
    """Of the settings that can be overridden, those that matter here."""
    upscalers: tuple[str, ...] = ()
    face_restorers: tuple[str, ...] = ()
    loras: tuple[LoraFile, ...] = field(default=(), compare=False)  # come and go
    embeddings: tuple[str, ...] = field(default=(), compare=False)
    controlnets: ControlNets | None = None
    latent_upscaler: str = ""
    """What enlarges between two passes."""
    caption_path: str = ""
    vram_bytes: int = 0

    @property
    def knows_tasks(self) -> bool:
        """Whether a request may have a name to ask for: as long as schedules have had theirs, or longer."""
        return self.program in (Program.A1111, Program.FORGE) and bool(self.schedules)

    def checkpoint(self, local: str) -> Checkpoint | None:
        """The model that is called so."""
        return next((one for one in self.checkpoints if one.is_called(local)), None)

    def has_schedule(self, label: str) -> bool:
        """Whether a request may name this schedule."""
        return label in self.schedules


def checkpoints_of(answer: Any) -> tuple[Checkpoint, ...]:
    """From `/sdapi/v1/sd-models`."""
    return tuple(
        Checkpoint(title, name_in(one, "model_name") or title, name_in(one, "filename"), name_in(one, "hash"))
        for one in entries(answer)
        if (title := name_in(one, "title"))
    )


def samplers_of(answer: Any) -> tuple[Sampler, ...]:
    """From `/sdapi/v1/samplers`. SD.Next's have options that say whether noise can fall as Karras found best."""
    return tuple(
        Sampler(name, tuple(names(one.get("aliases"))), _karras_option(one.get("options")))
        for one in entries(answer)
        if (name := name_in(one, "name"))
    )


def schedules_of(answer: Any) -> frozenset[str]:
    """From `/sdapi/v1/schedulers`: the labels. SD.Next's list is of its samplers, and has none."""
    return frozenset(label for one in entries(answer) if (label := name_in(one, "label")))


def loras_of(answer: Any) -> tuple[LoraFile, ...]:
    """From `/sdapi/v1/loras`. A name that a prompt cannot hold is left out."""
    return tuple(
        LoraFile(name, name_in(one, "alias"), _triggers(one.get("metadata")))
        for one in entries(answer)
        if (name := name_in(one, "name")) and not set(name) & set("<>:\n")
    )


def embeddings_of(answer: Any) -> tuple[str, ...]:
    """From `/sdapi/v1/embeddings`, loaded or not: which are, depends on the model of the moment."""
    found = answer if isinstance(answer, Mapping) else {}
    return tuple(sorted({*names(found.get("loaded")), *names(found.get("skipped"))}))


def controlnets_of(modules: Any, models: Any) -> ControlNets | None:
    """From `/controlnet/module_list` and `/controlnet/model_list`."""
    if not isinstance(modules, Mapping) or not isinstance(models, Mapping):
        return None
    return ControlNets(tuple(names(modules.get("module_list"))), tuple(names(models.get("model_list"))))


def named(answer: Any) -> tuple[str, ...]:
    """The names in a list of things."""
    return tuple(name for one in entries(answer) if (name := name_in(one, "name")))


def latent_upscaler_of(modes: tuple[str, ...], upscalers: tuple[str, ...]) -> str:
    """From `/sdapi/v1/latent-upscale-modes`; SD.Next has them among the upscalers."""
    found = [name for name in (*modes, *upscalers) if name.startswith("Latent")]
    return next((name for name in found if name in ("Latent", "Latent Bilinear")), found[0] if found else "")


def vram_of(answer: Any) -> int:
    """All of the GPU's memory in bytes, from `/sdapi/v1/memory`; 0 where it does not say."""
    found = answer
    for key in ("cuda", "system", "total"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) and 0 < found < 1e15 else 0


def entries(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The tables in a list, the first thousands of them."""
    if isinstance(answer, list):
        yield from (one for one in answer[:MAX_ITEMS] if isinstance(one, Mapping))


def names(found: Any) -> Iterator[str]:
    """The texts in a list, or the keys of a table."""
    if isinstance(found, list | Mapping):
        yield from (
            one for one in list(found)[:MAX_ITEMS] if isinstance(one, str) and 0 < len(one) <= MAX_NAME_CHARACTERS
        )


def name_in(entry: Mapping[str, Any], key: str) -> str:
    """A text of a table, or an empty one."""
    found = entry.get(key)
    return found if isinstance(found, str) and len(found) <= MAX_NAME_CHARACTERS else ""


def _karras_option(options: Any) -> bool | None:
    """SD.Next's options are settings of a scheduler class; AUTOMATIC1111's say other things, or nothing."""
    if not isinstance(options, Mapping):
        return None
    if "use_karras_sigmas" in options:
        return True
    return False if any(key in options for key in ("timestep_spacing", "beta_schedule", "solver_order")) else None


def _triggers(metadata: Any) -> tuple[str, ...]:
    phrase = metadata.get("modelspec.trigger_phrase") if isinstance(metadata, Mapping) else None
    words = phrase[:2000].split(",") if isinstance(phrase, str) else []
    return tuple(word.strip() for word in words if word.strip())[:MAX_TRIGGERS]
