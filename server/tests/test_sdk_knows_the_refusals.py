"""What this server refuses, the SDK raises by name: its exceptions follow from our return codes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import horde_server
from horde_sdk.ai_horde_api import exceptions
from horde_sdk.ai_horde_api.return_codes import RC
from horde_sdk.exceptions import AIHordeRequestError, PayloadValidationError
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_server.errors import HordeError

NOT_BY_CODE = {
    PayloadValidationError,  # of answers that list `errors`
    exceptions.AIHordeImpossibleError,  # these tell of a wait, not of an answer
    exceptions.AIHordeGenerationTimedOutError,
    exceptions.AIHordeImageTimedOutError,
    exceptions.AIHordeTextTimedOutError,
    exceptions.AIHordeAlchemyTimedOutError,
}


def descendants(kind: type[Any]) -> Iterator[type[Any]]:
    child: type[Any]
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def refusals() -> list[type[HordeError]]:
    for module in walk_packages(horde_server.__path__, "horde_server."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    # What dialects alone answer is for the clients of their APIs, which the SDK is not.
    return list(
        dict.fromkeys(
            one
            for one in descendants(HordeError)
            if one.__module__.startswith("horde_server") and not one.__module__.startswith("horde_server.gateway")
        )
    )


def raised_for(refusal: type[HordeError]) -> type[AIHordeRequestError]:
    answer = RequestErrorResponse(message=refusal.__doc__ or "", **({"rc": refusal.rc} if refusal.rc else {}))
    answer._http_status = refusal.status
    return type(exceptions.request_error(answer))


def test_sdk_knows_every_return_code() -> None:
    """Whoever adds one here adds it to `horde_sdk.ai_horde_api.return_codes.RC` too."""
    codes = {refusal.rc.rstrip(".") for refusal in refusals() if refusal.rc}

    assert len(codes) > 100
    assert codes - {str(code) for code in RC} == set()


def test_every_exception_of_the_sdk_is_raised_for_a_refusal_of_ours() -> None:
    raised = set(map(raised_for, refusals()))

    assert set(descendants(AIHordeRequestError)) - raised == NOT_BY_CODE


def test_refused_images_are_refused_images_to_the_sdk() -> None:
    kinds = {refusal.rc: raised_for(refusal) for refusal in refusals()}

    image_faults = {rc for rc, kind in kinds.items() if kind is exceptions.AIHordeImageValidationError}
    assert image_faults >= {
        "ImageValidationFailed",
        "SourceImageResolutionExceeded",
        "SourceImageSizeExceeded",
        "SourceImageUnreadable",
        "SourceImageUrlInvalid",
    }
