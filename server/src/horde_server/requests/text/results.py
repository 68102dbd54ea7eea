"""Delivered texts (workers.md §8.12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, cast

import msgspec

from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.store import Generation
from horde_server.dispatch.submission import NOTHING_TOLD, FollowUp, Kept, Submit, Told, UnusableResult
from horde_server.requests.progress import generation_state
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.told import told
from horde_server.requests.text.worker_schemas import TextSubmit
from horde_server.webhooks.hook import Announcement

MAX_GENERATION_CHARACTERS = 262_144
"""64 a token at the greatest length; no tokenizer has longer ones but for runs of blanks."""
_CSAM = Metadata(type="censorship", value="csam")


class TextResults:
    """Texts as `Results`: what is kept of one is itself."""

    async def keep(self, job: HeldJob[TextOrder], generation: str, *, censored: bool) -> Kept:
        """It may be empty; what the database cannot hold is replaced."""
        if len(generation) > MAX_GENERATION_CHARACTERS:
            raise UnusableResult(
                f"The text of this job has more than {MAX_GENERATION_CHARACTERS} characters, so the job went back into "
                "the queue: send what max_length allows."
            )
        return Kept(generation.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    def follow_up(self, job: HeldJob[Any], seed: int, *, censored: bool) -> FollowUp | None:
        """Nothing."""
        return None

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """As sent, and the state `csam` as a remark too."""
        if body.state == "csam" and not body.gen_metadata:
            return [_CSAM]
        return body.gen_metadata

    def told(self, body: Submit) -> Told:
        """How it ends, how long it is, and what the model answered beside text."""
        return told(body) if isinstance(body, TextSubmit) else NOTHING_TOLD

    def is_censored(self, body: Submit) -> bool:
        """By state, or by a remark: texts have none but of censorship."""
        return body.state in ("censored", "csam") or bool(body.gen_metadata)

    def announcement(self, made: Generation, order: TextOrder) -> Announcement:
        """As in a status (webhooks.md §3.2)."""
        return Announcement({**described(made)})


class DescribedText(TypedDict):
    """What a status and a webhook tell of a text, by the names of the API; the last only where the worker told it."""

    text: str
    seed: int
    id: str
    gen_metadata: list[dict[str, str]]
    worker_id: str
    worker_name: str
    model: str
    state: str
    finish_reason: NotRequired[str]
    tokens: NotRequired[int]
    usage: NotRequired[dict[str, int]]
    message: NotRequired[dict[str, Any]]
    logprobs: NotRequired[dict[str, Any]]


def described(made: Generation) -> DescribedText:
    """A delivered text."""
    remarks = msgspec.json.decode(made.gen_metadata)
    found: DescribedText = {
        "text": made.result,
        "seed": made.seed,
        "id": str(made.id),
        "gen_metadata": remarks,
        "worker_id": str(made.worker_id),
        "worker_name": made.worker_name,
        "model": made.model,
        "state": generation_state(remarks, censored=made.censored),
    }
    if made.told is not None:
        found.update(cast("DescribedText", msgspec.json.decode(made.told)))
    return found
