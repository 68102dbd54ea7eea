"""Delivered texts (generation.md §4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.submission import FollowUp, Submit
from horde_server.requests.text.order import TextOrder

MAX_GENERATION_CHARACTERS = 262_144
"""64 a token at the greatest length; no tokenizer has longer ones but for runs of blanks."""
_CSAM = Metadata(type="censorship", value="csam")


class TextResults:
    """A `Results`; see there. What is kept of a text is itself."""

    unusable = (
        f"The text of this job has more than {MAX_GENERATION_CHARACTERS} characters, so the job went back into the "
        "queue: send what max_length allows."
    )

    async def keep(self, job: HeldJob[TextOrder], generation: str) -> str | None:
        """It may be empty; what the database cannot hold is replaced."""
        if len(generation) > MAX_GENERATION_CHARACTERS:
            return None
        return generation.replace("\0", "\N{REPLACEMENT CHARACTER}")

    def follow_up(self, job: HeldJob[Any], seed: int, *, censored: bool) -> FollowUp | None:
        """Nothing."""
        return None

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """As sent, and the state `csam` as a remark too."""
        if body.state == "csam" and not body.gen_metadata:
            return [_CSAM]
        return body.gen_metadata

    def is_censored(self, body: Submit) -> bool:
        """By state, or by a remark: texts have none but of censorship."""
        return body.state in ("censored", "csam") or bool(body.gen_metadata)
