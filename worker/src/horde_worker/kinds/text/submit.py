"""The body by which a text is handed in, or given back. A text takes no remarks, other than on censorship."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.text.submit import TextGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_worker.backends.text import TextResult
from horde_worker.tolerance import whole_text


class TextSubmit(TextGenerationJobSubmitRequest):
    """The SDK's submit, with the id as the horde gave it, whatever it looks like."""

    id_: str = Field(alias="id")  # type: ignore[assignment]  # of a UUID


def text_submit(job_id: str, text: str, seed: int) -> TextSubmit:
    """What to send to `POST /generate/text/submit` with a text (workers.md §8.12)."""
    return TextSubmit(id=job_id, generation=whole_text(text), seed=seed, state=GENERATION_STATE.ok, gen_metadata=[])


def told_submit(job_id: str, text: str, result: TextResult) -> TextSubmit:
    """The same with all that is known of the text, for hordes that know these keys: they said so in their hand-out."""
    usage = None
    if result.prompt_tokens is not None:
        usage = {"prompt_tokens": result.prompt_tokens, "completion_tokens": result.tokens}
    told: dict[str, Any] = {
        "finish_reason": result.finish_reason or None,
        "tokens": result.tokens,
        "usage": usage,
        "message": result.message,
        "logprobs": result.logprobs,
    }
    return TextSubmit(
        id=job_id,
        generation=whole_text(text),
        seed=result.seed,
        state=GENERATION_STATE.ok,
        gen_metadata=[],
        **{name: value for name, value in told.items() if value is not None},
    )


def text_called_off(job_id: str, so_far: str) -> TextSubmit:
    """What to send of a text that nobody waits for any more."""
    return TextSubmit(id=job_id, generation=so_far, seed=-1, state=GENERATION_STATE.cancelled, gen_metadata=[])


def text_fault(job_id: str) -> TextSubmit:
    """What to send where there is no text; there is no field for the reason, which is in the log."""
    return TextSubmit(id=job_id, generation="faulted", seed=-1, state=GENERATION_STATE.faulted, gen_metadata=[])
