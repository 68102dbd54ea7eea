"""What the synchronous clients can do, the asynchronous ones can, in the same words."""

from __future__ import annotations

import inspect

import pytest

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncManualClient,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.open_requests import AsyncOpenRequest, OpenRequest


@pytest.mark.parametrize(
    ("sync", "asynchronous"),
    [
        (AIHordeAPISimpleClient, AIHordeAPIAsyncSimpleClient),
        (AIHordeAPIManualClient, AIHordeAPIAsyncManualClient),
        (AIHordeAPIClientSession, AIHordeAPIAsyncClientSession),
        (OpenRequest, AsyncOpenRequest),
    ],
    ids=["simple", "manual", "session", "open request"],
)
def test_both_faces_offer_the_same_methods_with_the_same_arguments_and_results(sync: type, asynchronous: type) -> None:
    ours, theirs = _methods(sync), _methods(asynchronous)

    assert set(ours) == set(theirs)
    for name, (arguments, result) in theirs.items():
        wanted = {one: kind for one, kind in arguments.items() if one != "delay"}
        assert (name, wanted, result) == (name, *ours[name])


def _methods(kind: type) -> dict[str, tuple[dict[str, str], str]]:
    """Return name to arguments (with types) and result; what differs by design is told in the same words."""
    told = {}
    for name, member in inspect.getmembers(kind, inspect.isfunction):
        if name.startswith("_"):
            continue
        signature = inspect.signature(member)
        result = str(signature.return_annotation).replace("Async", "")
        # Like the original, the asynchronous client also says whose picture it is: many downloads may run at once.
        if name == "download_image_from_generation":
            result = result.removeprefix("tuple[").removesuffix(", GenerationID]")
        arguments = {one: str(about.annotation) for one, about in signature.parameters.items()}
        told[name] = arguments, result
    return told
