"""From the settings as written to those that a process of workers runs by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from horde_sdk.reach import Network, networks_of, outside_as_configured
from horde_worker.backends.interface import BackendSettings
from horde_worker.configuration.load import WrongSettings
from horde_worker.configuration.model_reference import UnreadableReference, read_reference
from horde_worker.configuration.schema import BackendEntry, Configuration, Loras, Offer
from horde_worker.configuration.secrets import MissingSecret, revealed
from horde_worker.hooks import Hook
from horde_worker.model_choice import ModelChoice
from horde_worker.settings import (
    BRIDGE_AGENT,
    Allowed,
    IdleSettings,
    LiveWishes,
    LoraCacheSettings,
    MemorySettings,
    OperatorWishes,
    SpoolSettings,
    WorkerSettings,
)

DEFAULT_HORDE = "http://127.0.0.1:7001"
AUTO = "auto"
"""The backend that stands for all that are found."""


def worker_settings(
    wanted: Configuration,
    backends: Sequence[BackendEntry],
    environ: Mapping[str, str],
    *,
    jobs_wanted: int | None = None,
    hooks: Sequence[Hook] = (),
    live: LiveWishes | None = None,
) -> WorkerSettings:
    """The settings of a process. Raises `WrongSettings` where something is missing that nobody can guess."""
    key = api_key(wanted, environ)
    if not key:
        raise WrongSettings("A worker needs an account: give its key by --apikey or HORDE_API_KEY.")
    names = {kind: name for kind, name in wanted.names.model_dump().items() if name}
    if not (name := wanted.name or next(iter(names.values()), None)):
        raise WrongSettings("A worker needs a name: give one by --name.")
    return WorkerSettings(
        horde_url=wanted.horde or DEFAULT_HORDE,
        api_key=key,
        wishes=OperatorWishes(
            name=name,
            bridge_agent=wanted.bridge_agent or BRIDGE_AGENT,
            forms=tuple(wanted.forms),
            censor_nsfw=wanted.censor_nsfw,
            censorlist=tuple(wanted.censorlist),
            safety=wanted.safety,
            safety_options=wanted.safety_options,
            live=live,
            choice=_choice(wanted.offer),
            **live_wishes(wanted),
        ),
        backends=tuple(BackendSettings(one.type, one.options(), own_name=one.own_name) for one in backends),
        aliases=tuple(wanted.aliases),
        text_aliases=tuple(wanted.text_aliases),
        names=names,
        roles=frozenset(wanted.roles),
        queue_size=wanted.queue or 1,
        jobs_wanted=jobs_wanted,
        exit_on_maintenance=wanted.exit_on_maintenance,
        remove_maintenance_on_start=wanted.remove_maintenance_on_start,
        is_service=wanted.service,
        spool=SpoolSettings(folder=_folder(wanted.spool_folder)),
        idle=IdleSettings(
            after_local_use_s=wanted.idle.after_local_use,
            schedule=wanted.idle.schedule or "",
            gpu_util_below=wanted.idle.gpu_util_below,
        ),
        memory=MemorySettings(most_own_mib=wanted.memory.most_own_mb, least_free_mib=wanted.memory.least_free_mb),
        lora_cache=_lora_cache(wanted.loras, environ),
        private_networks=private_networks(wanted),
        source_proxy=_secret(wanted.source_proxy, "source_proxy", environ),
        hooks=tuple(hooks),
    )


def _folder(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _lora_cache(wanted: Loras, environ: Mapping[str, str]) -> LoraCacheSettings:
    token = _secret(wanted.civitai_token, "loras.civitai_token", environ)
    usual = LoraCacheSettings()
    return replace(
        usual,
        is_on=wanted.fetch,
        folder=_folder(wanted.folder),
        ti_folder=_folder(wanted.ti_folder),
        api_url=wanted.api_url,
        token=token,
        max_total_bytes=int(wanted.max_gb * 1024**3) if wanted.max_gb else usual.max_total_bytes,
        pinned=tuple(wanted.pinned),
    )


def _choice(wanted: Offer) -> ModelChoice:
    try:
        reference = read_reference(Path(wanted.reference).expanduser()) if wanted.reference else {}
    except UnreadableReference as error:
        raise WrongSettings(f"offer.reference: {error}") from None
    return ModelChoice(tuple(wanted.models), tuple(wanted.skip), wanted.large, reference)


def api_key(wanted: Configuration, environ: Mapping[str, str]) -> str:
    """The key at the horde; nothing where there is none. Raises `WrongSettings` where it is said to be elsewhere."""
    return _secret(wanted.api_key, "api_key", environ)


def _secret(value: str | None, key: str, environ: Mapping[str, str]) -> str:
    try:
        return (revealed(value, environ) or "").strip()
    except MissingSecret as error:
        raise WrongSettings(f"{key}: {error}") from None


def live_wishes(wanted: Configuration) -> dict[str, Any]:
    """What may change while a worker runs, by the names of `LIVE_WISHES`."""
    return {
        "max_pixels": wanted.max_pixels,
        "batch": wanted.batch,
        "nsfw": wanted.nsfw,
        "named_only": wanted.named_only,
        "max_length": wanted.max_length,
        "max_context_length": wanted.max_context_length,
        "max_tiles": wanted.max_tiles,
        "blacklist": tuple(wanted.blacklist),
        "priority_usernames": tuple(wanted.priority_usernames),
        "require_upfront_kudos": wanted.require_upfront_kudos,
        "limit_max_steps": wanted.limit_max_steps,
        "extra_slow_worker": wanted.extra_slow_worker,
        "allowed": Allowed(
            img2img=wanted.allow_img2img,
            painting=wanted.allow_painting,
            unsafe_ip=wanted.allow_unsafe_ip,
            post_processing=wanted.allow_post_processing,
            controlnet=wanted.allow_controlnet,
            sdxl_controlnet=wanted.allow_sdxl_controlnet,
            lora=wanted.allow_lora,
        ),
    }


def private_networks(wanted: Configuration) -> tuple[Network, ...]:
    """Networks of the owner's own that the horde may point to; without any, those of the environment."""
    try:
        if wanted.private_networks:
            return networks_of(",".join(wanted.private_networks))
        return outside_as_configured().also
    except ValueError as error:
        hint = ": give a network such as 192.168.1.0/24." if wanted.private_networks else ""
        raise WrongSettings(f"{error}{hint}") from None
