"""The kinds of request as the acceptance tests speak of them: where they are asked for, and with which bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="


@dataclass(frozen=True, slots=True)
class KindOnTheWire:
    """Paths, and the least of each body."""

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
        """A request of so many jobs."""
        return {"prompt": "a quiet harbour", **self.extra, "params": {"n": jobs, **self.params}}

    def offer(self, worker: str) -> dict[str, Any]:
        """What a worker pops with."""
        return {"name": worker, "models": [self.model], "bridge_agent": self.agent, **self.limits}

    def result(self, job_id: str) -> dict[str, Any]:
        """A finished job."""
        return {"id": job_id, "generation": self.generation, "seed": 1}


IMAGE = KindOnTheWire(
    name="image",
    root="generate",
    check="generate/check",
    params={"width": 64, "height": 64, "steps": 1},
    extra={"r2": False},
    model="stable_diffusion",
    agent="AI Horde Worker reGen:13.0.0:https://example.org",
    limits={"max_pixels": 4_000_000},
    generation=_WEBP,
)
TEXT = KindOnTheWire(
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
KINDS = (IMAGE, TEXT)
