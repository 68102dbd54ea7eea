"""What the operator chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from horde_sdk.reach import Network
from horde_worker import VERSION
from horde_worker.backends.interface import BackendSettings
from horde_worker.hooks import Hook
from horde_worker.model_choice import ALL_MODELS, ModelChoice

BRIDGE_AGENT = f"OpenHorde Worker:{VERSION}:https://github.com/openhorde/openhorde"
MAX_BRIDGE_AGENT_CHARACTERS = 1000

LIVE_WISHES = frozenset(
    [
        *("max_pixels", "batch", "nsfw", "named_only", "max_length", "max_context_length", "max_tiles", "blacklist"),
        *("priority_usernames", "require_upfront_kudos", "limit_max_steps", "extra_slow_worker", "allowed", "choice"),
    ]
)
"""Wishes that may change while a worker runs; the others are what the horde knows it by."""


@dataclass(slots=True, eq=False)
class LiveWishes:
    """What the operator wishes by now: shared by all workers of a process, read at every pop."""

    now: Mapping[str, Any] = field(default_factory=dict)  # by names of `LIVE_WISHES`


@dataclass(frozen=True, slots=True)
class Allowed:
    """Jobs that the operator lets in, where the backend can do them at all."""

    img2img: bool = True
    painting: bool = True
    unsafe_ip: bool = True
    post_processing: bool = True
    controlnet: bool = True
    sdxl_controlnet: bool = True
    lora: bool = True


@dataclass(frozen=True, slots=True)
class OperatorWishes:
    """What one worker may offer, beyond what its backend can do."""

    name: str
    models: tuple[str, ...] = ()  # offered: the backend's own, or aliases served by it
    max_pixels: int | None = None
    batch: int | None = None
    nsfw: bool = True
    named_only: bool = False
    bridge_agent: str = BRIDGE_AGENT
    max_length: int | None = None  # tokens of a text
    max_context_length: int | None = None
    forms: tuple[str, ...] = ()  # of alchemy; none: all
    max_tiles: int | None = None
    blacklist: tuple[str, ...] = ()  # words that no prompt may contain
    censor_nsfw: bool = False  # with `nsfw` false: what turns out unsafe all the same is replaced by a placeholder
    censorlist: tuple[str, ...] = ()  # words whose pictures are replaced if they are unsafe
    safety: str = "auto"  # who judges pictures (safety/choice.py)
    safety_options: Mapping[str, object] = field(default_factory=dict, repr=False)  # a key may be among them
    priority_usernames: tuple[str, ...] = ()  # name#id
    require_upfront_kudos: bool = False
    limit_max_steps: bool = False
    extra_slow_worker: bool = False
    allowed: Allowed = Allowed()
    choice: ModelChoice = ALL_MODELS  # of the backend's picture models
    live: LiveWishes | None = field(default=None, compare=False)

    def current(self) -> OperatorWishes:
        """The wishes with what the operator has changed since the start."""
        return replace(self, **self.live.now) if self.live is not None and self.live.now else self


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where finished results are kept until the horde has them, how long and how many.

    An hour is long after a horde has given a job to somebody else.
    """

    is_on: bool = True
    folder: Path | None = None  # with a folder for each worker name in it; None: the user's state folder
    max_age_s: float = 3600.0
    max_files: int = 1000
    max_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class IdleSettings:
    """When the owner's own use comes first."""

    after_local_use_s: float | None = None  # seconds of rest after somebody else has used the backend
    schedule: str = ""  # spans of time in which work is asked for: 22:00-08:00; sat,sun 00:00-24:00
    gpu_util_below: int | None = None  # percent; a card that is busier is left alone


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """How much memory the worker may hold, and how much it leaves."""

    most_own_mib: int | None = None
    least_free_mib: int = 200


@dataclass(frozen=True, slots=True)
class LoraCacheSettings:
    """Where LoRAs and textual inversions come from, and how many of them are kept."""

    is_on: bool = False
    folder: Path | None = None  # None: the folder that a backend's own options name, or the user's cache folder
    ti_folder: Path | None = None  # the same for textual inversions
    api_url: str = "https://civitai.com/api/v1"
    token: str = field(default="", repr=False)
    max_total_bytes: int = 10 * 1024**3
    max_file_bytes: int = 400 * 1024**2
    pinned: tuple[str, ...] = ()  # ids that are never given up for room


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """A process of workers: one for each kind that its backends make, or more (`horde_worker.pool.shared_names`).

    `wishes` are of all of them: its name is the first worker's, and its models are left to `aliases`.
    """

    horde_url: str
    api_key: str = field(repr=False)
    wishes: OperatorWishes
    backends: tuple[BackendSettings, ...] = (BackendSettings("demo"),)
    aliases: tuple[str, ...] = ()  # of the first backend's model
    text_aliases: tuple[str, ...] = ()  # of the text backend's
    names: Mapping[str, str] = field(default_factory=dict)  # of workers by kind, where they are not the usual ones
    roles: frozenset[str] = frozenset()  # kinds of work to do; none: all that the backends can
    queue_size: int = 1
    jobs_wanted: int | None = None
    exit_on_maintenance: bool = False
    private_networks: tuple[Network, ...] = ()  # of the owner's own, that the horde may point to
    source_proxy: str = field(
        default="", repr=False
    )  # by which places on the internet are reached; it may hold a password
    hooks: tuple[Hook, ...] = ()
    spool: SpoolSettings = SpoolSettings()
    idle: IdleSettings = IdleSettings()
    memory: MemorySettings = MemorySettings()
    lora_cache: LoraCacheSettings = LoraCacheSettings()
    remove_maintenance_on_start: bool = False  # also one that is not of `drain`
    is_service: bool = False  # goes on where a person would be asked: every ten minutes it is tried again
