"""The body by which a form is handed in, or given back."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.alchemy.submit import AlchemyJobSubmitRequest
from horde_sdk.ai_horde_api.consts import GENERATION_STATE


class AlchemySubmit(AlchemyJobSubmitRequest):
    """The SDK's submit, with the id as the horde gave it, whatever it looks like."""

    id_: str = Field(alias="id")  # type: ignore[assignment]  # of a UUID


def alchemy_submit(form_id: str, form: str, value: object) -> AlchemySubmit:
    """What to send to `POST /interrogate/submit` with a result (alchemy.md §7)."""
    return AlchemySubmit(id=form_id, result={form: value}, state=GENERATION_STATE.ok)


def alchemy_fault(form_id: str) -> AlchemySubmit:
    """What to send where there is no result; there is no field for the reason, which is in the log."""
    return AlchemySubmit(id=form_id, result={}, state=GENERATION_STATE.faulted)
