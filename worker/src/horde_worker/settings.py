"""What the operator chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from horde_sdk.reach import Network
from horde_worker import VERSION
from horde_worker.backends.interface import BackendSettings
from horde_worker.hooks import Hook

BRIDGE_AGENT = f"OpenHorde Worker:{VERSION}:https://github.com/openhorde/openhorde"
MAX_BRIDGE_AGENT_CHARACTERS = 1000


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
    censor_nsfw: bool = False  # with `nsfw` false: what turns out unsafe all the same is replaced by a placeholder
    censorlist: tuple[str, ...] = ()  # words whose pictures are replaced if they are unsafe
    blacklist: tuple[str, ...] = ()  # words whose requests are not taken
    safety: str = "auto"  # who judges pictures (safety/choice.py)
    safety_options: Mapping[str, object] = field(default_factory=dict, repr=False)  # a key may be among them


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """A process of workers: one for each kind that its backends make, and one backend at most of a kind.

    `wishes` are of all of them: its name is the first worker's, and its models are left to `aliases`.
    """

    horde_url: str
    api_key: str = field(repr=False)
    wishes: OperatorWishes
    backends: tuple[BackendSettings, ...] = (BackendSettings("demo"),)
    aliases: tuple[str, ...] = ()  # of the first backend's model
    text_aliases: tuple[str, ...] = ()  # of the text backend's
    queue_size: int = 1
    jobs_wanted: int | None = None
    exit_on_maintenance: bool = False
    private_networks: tuple[Network, ...] = ()  # of the owner's own, that the horde may point to
    source_proxy: str = field(
        default="", repr=False
    )  # by which places on the internet are reached; it may hold a password
    hooks: tuple[Hook, ...] = ()
