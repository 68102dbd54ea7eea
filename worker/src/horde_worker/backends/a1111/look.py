"""Asking a server what it is and has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from horde_worker.backends.a1111 import facts as reading
from horde_worker.backends.a1111.facts import Facts, Program
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import BackendRefused, BackendServer

LISTS_LIMIT_BYTES: Final = 64 * 1024 * 1024
"""LoRAs come with all the tags that they were trained on."""
REFRESH_LIMIT_S: Final = 30.0
_OPTIONS: Final = frozenset({"CLIP_stop_at_last_layers", "sd_model_checkpoint", "schedulers_sigma"})
_ABSENT: Final = frozenset({404, 405, 501})


async def look(server: BackendServer, *, with_loras: bool, with_embeddings: bool) -> Facts:
    """What there is. Raises `BackendFailure` where it is no such server, or cannot paint."""
    options = await _required(server, "/sdapi/v1/options")
    models, samplers = await asyncio.gather(
        _required(server, "/sdapi/v1/sd-models"), _required(server, "/sdapi/v1/samplers")
    )
    program = await _program(server)
    (
        schedules,
        upscalers,
        latent_modes,
        restorers,
        loras,
        embeddings,
        modules,
        control_models,
        memory,
        caption_path,
    ) = await asyncio.gather(
        _optional(server, "/sdapi/v1/schedulers"),
        _optional(server, "/sdapi/v1/upscalers"),
        _optional(server, "/sdapi/v1/latent-upscale-modes"),
        _optional(server, "/sdapi/v1/face-restorers"),
        _optional(server, "/sdapi/v1/loras") if with_loras else _nothing(),
        _optional(server, "/sdapi/v1/embeddings") if with_embeddings else _nothing(),
        _optional(server, "/controlnet/module_list"),
        _optional(server, "/controlnet/model_list"),
        _optional(server, "/sdapi/v1/memory"),
        _caption_path(server),
    )
    found = Facts(
        program=program,
        checkpoints=reading.checkpoints_of(models),
        samplers=reading.samplers_of(samplers),
        schedules=reading.schedules_of(schedules),
        option_names=frozenset(options) & _OPTIONS if isinstance(options, Mapping) else frozenset(),
        upscalers=reading.named(upscalers),
        face_restorers=()
        if program == Program.SDNEXT
        else reading.named(restorers),  # there they find, and do not mend
        loras=reading.loras_of(loras),
        embeddings=reading.embeddings_of(embeddings),
        controlnets=reading.controlnets_of(modules, control_models),
        latent_upscaler=""
        if program == Program.PART
        else reading.latent_upscaler_of(reading.named(latent_modes), reading.named(upscalers)),
        caption_path=caption_path,
        vram_bytes=reading.vram_of(memory),
    )
    if not found.checkpoints:
        raise BackendFailure(f"{server.name} has no model yet")
    return found


async def with_new_files(server: BackendServer, facts: Facts, *, loras: bool, embeddings: bool) -> Facts:
    """The facts after the server looked at its folders again, where a file was put a moment ago."""
    if loras:
        await _refreshed(server, "/sdapi/v1/refresh-loras")
        facts = replace(facts, loras=reading.loras_of(await _optional(server, "/sdapi/v1/loras")))
    if embeddings:
        await _refreshed(server, "/sdapi/v1/refresh-embeddings")
        facts = replace(facts, embeddings=reading.embeddings_of(await _optional(server, "/sdapi/v1/embeddings")))
    return facts


async def _refreshed(server: BackendServer, path: str) -> None:
    """Those that have no such address look for themselves, or with the next model."""
    try:
        await server.post_json(path, {}, limit_s=REFRESH_LIMIT_S)
    except BackendRefused as refused:
        if refused.status not in _ABSENT:
            raise


async def _program(server: BackendServer) -> Program:
    """Each has an address that none of the others has; only whole programs list their scripts."""
    modules, version, scripts = await asyncio.gather(
        _optional(server, "/sdapi/v1/sd-modules"),
        _optional(server, "/sdapi/v1/version"),
        _optional(server, "/sdapi/v1/scripts"),
    )
    if version is not None:
        return Program.SDNEXT
    if modules is not None:
        return Program.FORGE
    return Program.PART if scripts is None else Program.A1111


async def _caption_path(server: BackendServer) -> str:
    """Where a picture is described. Looking there without one is refused, but not as if there were nothing."""
    for path in ("/sdapi/v1/interrogate", "/sdapi/v1/openclip"):
        try:
            await server.get_json(path)
        except BackendRefused as refused:
            if refused.status == 404:
                continue
        return path
    return ""


async def _required(server: BackendServer, path: str) -> Any:
    try:
        return await server.get_json(path)
    except BackendRefused as refused:
        if refused.status == 401:
            raise BackendFailure(f"{server.name} wants the user and password of its --api-auth") from refused
        if refused.status in _ABSENT:
            raise BackendFailure(f"{server.name} has no {path}: is it started with --api?") from refused
        raise


async def _optional(server: BackendServer, path: str) -> Any:
    """The answer, or None where there is no such address."""
    try:
        return await server.get_json(path, limit_bytes=LISTS_LIMIT_BYTES)
    except BackendRefused as refused:
        if refused.status in _ABSENT:
            return None
        raise


async def _nothing() -> None:
    return None
