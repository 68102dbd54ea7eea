"""What alchemists deliver: an object, kept as JSON; pictures go to the blob store (alchemy.md §7)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.store import Generation
from horde_server.dispatch.submission import NOTHING_TOLD, FollowUp, Kept, Submit, Told, UnusableResult
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.states import FormState
from horde_server.requests.alchemy.vocabulary import is_image_form
from horde_server.requests.image.result_sizes import sizes_of_form
from horde_server.requests.image.results import UPLOADED, ImageResults
from horde_server.webhooks.hook import Announcement, Picture

MAX_RESULT_CHARACTERS = 1024 * 1024
"""As JSON, without a picture."""
CANCELLED_RESULT = "{}"
"""What is kept of a form that was cancelled while an alchemist worked at it, who is paid all the same."""


class AlchemyResults:
    """Forms as `Results`: what is kept is JSON, with the marker `R2` where the job's picture is."""

    def __init__(self, images: ImageResults) -> None:
        self._images = images

    async def keep(self, job: HeldJob[FormOrder], generation: str, *, censored: bool) -> Kept:
        """Analyses may have any shape; of a form that makes a picture there must be one."""
        unpaid = ""
        if is_image_form(job.model):
            result: dict[str, Any] = json.loads(generation)
            name = job.model if job.model in result else next(iter(result), "")
            picture = result.get(name)
            if not isinstance(picture, str):
                raise UnusableResult(
                    "There is no picture in the result of this form, so the form went back into the queue: upload it "
                    "to the address of the form and say `R2`, or send it as base64, under the form's name."
                )
            sizes = sizes_of_form(job.order.form, job.order.source_pixels)
            unpaid = (await self._images.keep_image(job, picture, sizes)).unpaid
            generation = json.dumps({**result, name: UPLOADED})
        if len(generation) > MAX_RESULT_CHARACTERS:
            raise UnusableResult(
                f"The result of this form has more than {MAX_RESULT_CHARACTERS} characters, so the form went back into "
                "the queue: send a shorter one."
            )
        return Kept(generation, unpaid)

    def follow_up(self, job: HeldJob[Any], seed: int, *, censored: bool) -> FollowUp | None:
        """Nothing."""
        return None

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """There are none."""
        return ()

    def told(self, body: Submit) -> Told:
        """Nothing."""
        return NOTHING_TOLD

    def is_censored(self, body: Submit) -> bool:
        """Nothing is withheld."""
        return False

    def announcement(self, made: Generation, order: FormOrder) -> Announcement | None:
        """webhooks.md §3.3; nothing of a form that was cancelled meanwhile."""
        if made.result == CANCELLED_RESULT:
            return None
        result: dict[str, Any] = json.loads(made.result)
        told = {
            "form": order.form,
            "state": FormState.DONE,
            "result": result,
            "worker_id": str(made.worker_id),
            "worker_name": made.worker_name,
            "request": str(order.interrogation_id),
            "id": str(made.id),
        }
        pictured = next((name for name, value in result.items() if value == UPLOADED), None)
        if pictured is None or not is_image_form(order.form):
            return Announcement(told)
        return Announcement(told, Picture(("result", pictured), f"{made.id}.webp", inline=False))
