"""From a body to the order: what is kept of a text request."""

from __future__ import annotations

from horde_server.requests.text.schemas import TextRequest
from horde_server.requests.text.wire import asked


def test_what_nobody_knows_of_a_request_never_reaches_a_worker() -> None:
    """basics.md §3.5: unknown keys are taken, and handed to nobody."""
    known = {"temperature": 0.5, "top_k": 5}
    plain = TextRequest.model_validate({"prompt": "Once", "params": known})
    strange = TextRequest.model_validate({"prompt": "Once", "params": {**known, "temperatur": 1.0}, "strange": 1})
    assert asked(strange).order == asked(plain).order
