"""What KoboldCpp tells of itself and its model (gateway-kobold.md §1)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.dispatch.live_queue import LiveQueue
from horde_server.gateway.common.lengths import MOST_LENGTH, USUAL_CONTEXT, Offered
from horde_server.gateway.common.model_names import ANY_TEXT, ModelNames
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.kobold.runs import Runs
from horde_server.identity.caller import Caller

API_VERSION: Final = "1.2.5"
"""Of KoboldAI's API: programs send stop sequences from 1.2.2 on."""
KOBOLDCPP_VERSION: Final = "1.100"
"""Programs stream from 1.30 on, count tokens from 1.41, and know min_p from 1.48."""
_PROGRAM: Final = "koboldcpp/"
_STOPPED: Final = 1
_NO_SEED: Final = -1


def model_name(models: ModelNames, caller: Caller) -> str:
    """The model that a caller's texts are made with: of the key's own models, or of all, the one most served."""
    allowed = caller.key.models if caller.key is not None else None
    served = [model.name for model in models.served("text") if allowed is None or model.name in allowed]
    name = served[0] if served else ANY_TEXT
    return name if name.startswith(_PROGRAM) or name == ANY_TEXT else _PROGRAM + name


def most_length(models: ModelNames) -> int:
    """The longest answer that somebody writes now."""
    found = _offered(models)
    return found.max_length if found.pairs else min(USUAL_CONTEXT // 16, MOST_LENGTH)


def most_context_length(models: ModelNames) -> int:
    """The longest context that somebody reads now."""
    return max((context for _, context in _offered(models).pairs), default=USUAL_CONTEXT)


def version(*, makes_images: bool) -> dict[str, Any]:
    """Which KoboldCpp this is like, and what it has beside texts."""
    return {
        "result": "KoboldCpp", "version": KOBOLDCPP_VERSION, "protected": False, "llm": True, "txt2img": makes_images,
        "vision": False, "audio": False, "transcribe": False, "multiplayer": False, "websearch": False, "tts": False,
        "embeddings": False, "savedata": False, "admin": 0,
    }  # fmt: skip


def performance(runs: Runs, queue: LiveQueue, *, is_idle: bool) -> dict[str, Any]:
    """Of this process, since it began. `is_idle`: whether nothing of the caller's is being written."""
    return {
        "last_process": round(runs.last_waited_s, 3),
        "last_eval": round(runs.last_wrote_s, 3),
        "last_token_count": runs.last_tokens,
        "last_seed": _NO_SEED,
        "total_gens": runs.written,
        "stop_reason": _STOPPED,
        "total_img_gens": 0,
        "queue": queue.waiting_jobs,
        "idle": int(is_idle),
        "hordeexitcounter": 0,
        "uptime": int(runs.uptime_s),
        "idletime": int(runs.idle_s),
        "quiet": True,
    }


def counted(prompt: str) -> dict[str, Any]:
    """Tokens by the horde's measure, which has no ids."""
    return {"value": tokens(prompt), "ids": []}


def _offered(models: ModelNames) -> Offered:
    """The lengths of the workers online."""
    return Offered.by(models.served("text"), ())
