"""The body by which a text is handed in, or given back. A text takes no remarks, other than on censorship."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.text.submit import TextGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_worker.tolerance import whole_text


class TextSubmit(TextGenerationJobSubmitRequest):
    """The SDK's submit, with the id as the horde gave it, whatever it looks like."""

    id_: str = Field(alias="id")  # type: ignore[assignment]  # of a UUID


def text_submit(job_id: str, text: str, seed: int) -> TextSubmit:
    """What to send to `POST /generate/text/submit` with a text (workers.md §8.12)."""
    return TextSubmit(id=job_id, generation=whole_text(text), seed=seed, state=GENERATION_STATE.ok, gen_metadata=[])


def text_fault(job_id: str) -> TextSubmit:
    """What to send where there is no text; there is no field for the reason, which is in the log."""
    return TextSubmit(id=job_id, generation="faulted", seed=-1, state=GENERATION_STATE.faulted, gen_metadata=[])
