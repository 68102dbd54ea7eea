"""The kinds of request as the acceptance tests speak of them: where they are asked for, and with which bodies."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

SIDE_PX = 64


def picture() -> str:
    """A picture of the size asked for, in base64: much smaller ones earn nothing."""
    made = io.BytesIO()
    Image.new("RGB", (SIDE_PX, SIDE_PX), "navy").save(made, "WEBP")
    return base64.b64encode(made.getvalue()).decode()


class KindOnTheWire(Protocol):
    """Paths, the least of each body, and what the answers say."""

    @property
    def name(self) -> str:
        """As in test ids."""

    @property
    def root(self) -> str:
        """Where it is asked for, popped and submitted."""

    @property
    def check(self) -> str:
        """Where clients look how far a request is."""

    def request(self, jobs: int) -> dict[str, Any]:
        """A request of so many jobs."""

    def offer(self, worker: str) -> dict[str, Any]:
        """What a worker pops with."""

    def job_ids(self, popped: Mapping[str, Any]) -> list[str]:
        """The jobs that a pop got."""

    def result(self, job_id: str) -> dict[str, Any]:
        """A finished job."""

    def finished(self, status: Mapping[str, Any]) -> int:
        """How many jobs of a request are delivered."""


@dataclass(frozen=True, slots=True)
class GenerationOnTheWire:
    """Images and texts."""

    name: str
    root: str
    check: str
    params: Mapping[str, Any]
    extra: Mapping[str, Any]
    model: str
    agent: str
    limits: Mapping[str, Any]
    generation: str

    def request(self, jobs: int) -> dict[str, Any]:
        """Equal ones."""
        return {"prompt": "a quiet harbour", **self.extra, "params": {"n": jobs, **self.params}}

    def offer(self, worker: str) -> dict[str, Any]:
        """One model."""
        return {"name": worker, "models": [self.model], "bridge_agent": self.agent, **self.limits}

    def job_ids(self, popped: Mapping[str, Any]) -> list[str]:
        """Of one request."""
        return list(popped.get("ids") or ())

    def result(self, job_id: str) -> dict[str, Any]:
        """Inline."""
        return {"id": job_id, "generation": self.generation, "seed": 1}

    def finished(self, status: Mapping[str, Any]) -> int:
        """As counted."""
        return int(status.get("finished", 0))


@dataclass(frozen=True, slots=True)
class AlchemyOnTheWire:
    """Forms, which are different ones in each request."""

    name: str = "alchemy"
    root: str = "interrogate"
    check: str = "interrogate/status"
    forms: tuple[str, ...] = ("caption", "GFPGAN", "nsfw")

    def request(self, jobs: int) -> dict[str, Any]:
        """One form of each name."""
        return {"source_image": picture(), "forms": [{"name": form} for form in self.forms[:jobs]]}

    def offer(self, worker: str) -> dict[str, Any]:
        """All of them."""
        return {"name": worker, "forms": list(self.forms)}

    def job_ids(self, popped: Mapping[str, Any]) -> list[str]:
        """Perhaps of several requests."""
        return [form["id"] for form in popped.get("forms") or ()]

    def result(self, job_id: str) -> dict[str, Any]:
        """A picture, which is good for every form."""
        return {"id": job_id, "result": {"made": picture()}}

    def finished(self, status: Mapping[str, Any]) -> int:
        """Forms that are done."""
        return sum(form["state"] == "done" for form in status.get("forms", ()))


IMAGE = GenerationOnTheWire(
    name="image",
    root="generate",
    check="generate/check",
    params={"width": SIDE_PX, "height": SIDE_PX, "steps": 1},
    extra={"r2": False},
    model="stable_diffusion",
    agent="AI Horde Worker reGen:13.0.0:https://example.org",
    limits={"max_pixels": 4_000_000},
    generation=picture(),
)
TEXT = GenerationOnTheWire(
    name="text",
    root="generate/text",
    check="generate/text/status",
    params={"max_length": 16},
    extra={},
    model="koboldcpp/Mistral-7B-Instruct-v0.2",
    agent="KoboldCppEmbedWorker:2:https://example.org",
    limits={"max_length": 512, "max_context_length": 4096},
    generation="there was a lighthouse.",
)
ALCHEMY = AlchemyOnTheWire()
KINDS: tuple[KindOnTheWire, ...] = (IMAGE, TEXT, ALCHEMY)
