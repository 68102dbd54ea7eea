"""What a ComfyUI has: its nodes, and the files in its model folders. Read from it, and compared when read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from horde_worker.backends.comfyui.nodes import ALWAYS_NEEDED, INPUTS, choices, takes_what_we_send
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import BackendRefused, BackendServer

MAX_FILES: Final = 20_000
"""Of one folder; more are not looked at."""
MAX_FILE_CHARACTERS: Final = 500
NODE_LIMIT_BYTES: Final = 8 * 1024 * 1024
"""A description of one node; loaders list every file."""

_FOLDERS: Final[Mapping[str, str]] = {
    "checkpoints": "checkpoints",
    "diffusion_models": "diffusion_models",
    "text_encoders": "text_encoders",
    "vaes": "vae",
    "controlnets": "controlnet",
    "upscalers": "upscale_models",
}


@dataclass(frozen=True, slots=True)
class Stock:
    """Nodes of ours that there are, choices of some, files by folder, and the device.

    LoRAs and embeddings are not part of it: they come and go with jobs, and are asked for when one names some.
    """

    nodes: frozenset[str] = frozenset()
    samplers: frozenset[str] = frozenset()
    schedulers: frozenset[str] = frozenset()
    preprocessors: frozenset[str] = frozenset()
    checkpoints: tuple[str, ...] = ()
    diffusion_models: tuple[str, ...] = ()
    text_encoders: tuple[str, ...] = ()
    vaes: tuple[str, ...] = ()
    controlnets: tuple[str, ...] = ()
    upscalers: tuple[str, ...] = ()
    device: str = "cpu"
    device_bytes: int = 0
    version: str = field(default="", compare=False)


async def read_stock(server: BackendServer) -> Stock:
    """Ask a ComfyUI what it has. Raises `BackendFailure` where it is none, or lacks what every picture needs."""
    stats = await server.get_json("/system_stats")
    device, device_bytes = _device(stats)
    files = await asyncio.gather(*(_files(server, f"/models/{folder}") for folder in _FOLDERS.values()))
    described = dict(zip(INPUTS, await asyncio.gather(*(_node(server, name) for name in INPUTS)), strict=True))
    nodes = frozenset(name for name, node in described.items() if takes_what_we_send(name, node))
    if missing := sorted(ALWAYS_NEEDED - nodes):
        raise BackendFailure(f"{server.name} lacks the nodes {', '.join(missing)}")
    return Stock(
        nodes=nodes,
        samplers=frozenset(choices(described["KSampler"], "sampler_name")),
        schedulers=frozenset(choices(described["KSampler"], "scheduler")),
        preprocessors=frozenset(choices(described["AIO_Preprocessor"], "preprocessor")),
        device=device,
        device_bytes=device_bytes,
        version=_version(stats),
        **dict(zip(_FOLDERS, files, strict=True)),
    )


async def _node(server: BackendServer, name: str) -> object:
    """How a node is described; None for one that there is not."""
    answer = await server.get_json(f"/object_info/{name}", limit_bytes=NODE_LIMIT_BYTES)
    return answer.get(name) if isinstance(answer, Mapping) else None


async def read_loras(server: BackendServer) -> tuple[str, ...]:
    """The LoRAs that lie at the server now."""
    return await _files(server, "/models/loras")


async def read_embeddings(server: BackendServer) -> tuple[str, ...]:
    """The textual inversions that lie there now, without endings."""
    return await _files(server, "/embeddings")


async def _files(server: BackendServer, path: str) -> tuple[str, ...]:
    """The files of a folder; none for a folder that this version does not know."""
    try:
        answer = await server.get_json(path)
    except BackendRefused as refused:
        if refused.status == 404:
            return ()
        raise
    if not isinstance(answer, list):
        raise BackendFailure(f"{server.name} answered {path} with what is no list")
    return tuple(one for one in answer[:MAX_FILES] if isinstance(one, str) and 0 < len(one) <= MAX_FILE_CHARACTERS)


def _device(stats: Any) -> tuple[str, int]:
    """Kind and memory of the first device; raises `BackendFailure` where the answer is not a ComfyUI's."""
    devices = stats.get("devices") if isinstance(stats, Mapping) else None
    first = devices[0] if isinstance(devices, list) and devices else None
    if not isinstance(first, Mapping):
        raise BackendFailure("what answers there is no ComfyUI")
    memory = first.get("vram_total")
    kind = first.get("type")
    return (
        kind[:50] if isinstance(kind, str) else "cpu",
        memory if isinstance(memory, int) and not isinstance(memory, bool) else 0,
    )


def _version(stats: Any) -> str:
    system = stats.get("system")
    version = system.get("comfyui_version") if isinstance(system, Mapping) else None
    return version[:50] if isinstance(version, str) else ""
