"""The body by which an image is handed in, or given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import GenMetadataEntry
from horde_sdk.ai_horde_api.apimodels.generate.submit import ImageGenerationJobSubmitRequest
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_worker.backends.image import Remark
from horde_worker.tolerance import whole_text

MOST_REMARKS: Final = 50
MAX_REF_CHARACTERS: Final = 255


class ImageSubmit(ImageGenerationJobSubmitRequest):
    """The SDK's submit, with the id as the horde gave it, whatever it looks like."""

    id_: str = Field(alias="id")  # type: ignore[assignment]  # of a UUID


def image_submit(job_id: str, generation: str, seed: int, remarks: Sequence[Remark], state: str = "ok") -> ImageSubmit:
    """What to send to `POST /generate/submit` with an image (workers.md §8); hordes take so many remarks only.

    `state` is ok, or why the image is a placeholder: censored, csam.
    """
    return ImageSubmit(
        id=job_id,
        generation=generation,
        seed=seed,
        state=GENERATION_STATE(state),
        **({} if state == GENERATION_STATE.ok.value else {"censored": True}),
        gen_metadata=[_entry(remark) for remark in remarks[:MOST_REMARKS]],
    )


def image_fault(job_id: str, reason: str) -> ImageSubmit:
    """What to send where there is no image, and why."""
    return ImageSubmit(
        id=job_id,
        generation="faulted",
        seed=-1,
        state=GENERATION_STATE.faulted,
        gen_metadata=[_entry(Remark("information", "see_ref", reason))],
    )


def image_called_off(job_id: str) -> ImageSubmit:
    """What to send for an image that nobody waits for any more."""
    return ImageSubmit(id=job_id, generation="cancelled", seed=-1, state=GENERATION_STATE.cancelled, gen_metadata=[])


def _entry(remark: Remark) -> GenMetadataEntry:
    ref = whole_text(remark.ref)[:MAX_REF_CHARACTERS]
    return GenMetadataEntry(type=remark.type, value=remark.value, ref=ref or None)
