"""Words for a request that nobody online can serve (generation.md §2.4, D4): it waits, and says why."""

from __future__ import annotations

from collections import Counter
from typing import Final

from horde_server.dispatch.refusal import Reason

NO_WORKER: Final = (
    "Warning: no available workers can fulfill this request. It will expire unless a suitable worker joins."
)
_OBSTACLES: Final = {
    Reason.MODELS: "serve none of the models",
    Reason.WORKER_ID: "are not among the workers named",
    Reason.MAX_PIXELS: "take fewer pixels",
    Reason.MAX_TILES: "take fewer tiles",
    Reason.NSFW: "take no NSFW requests",
    Reason.UNTRUSTED: "are not trusted",
    Reason.PERFORMANCE: "are too slow",
    Reason.IMG2IMG: "take no source images",
    Reason.PAINTING: "take no inpainting",
    Reason.LORA: "take no LoRAs",
    Reason.POST_PROCESSING: "take no post-processing",
    Reason.CONTROLNET: "take no ControlNets",
    Reason.BRIDGE_VERSION: "run software that cannot do it",
    Reason.STEP_COUNT: "take fewer steps",
    Reason.MAX_CONTEXT_LENGTH: "have a shorter context",
    Reason.MAX_LENGTH: "write fewer tokens",
    Reason.MATCHING_SOFTPROMPT: "lack the soft prompt",
    Reason.MAINTENANCE: "are in maintenance",
}


def no_worker_warning(refusals: Counter[Reason]) -> str:
    """The warning, with what stands in the way of the workers that are online."""
    if not refusals:
        return f"{NO_WORKER} No worker is online."
    counted = ", ".join(f"{count} {_OBSTACLES.get(reason, reason)}" for reason, count in refusals.most_common())
    return f"{NO_WORKER} Of {refusals.total()} online: {counted}."
