"""`horde cancel`: end a request that nobody waits for any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient


def cancel(
    request: Annotated[str, typer.Argument(metavar="ID", help="The request's id, of whichever kind it is.")],
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel a request, and say how much of it was finished."""
    with readable_errors():
        kind, finished = _cancelled(client_for(horde, apikey), request)
        if as_json:
            print_json({"id": request, "kind": kind, "finished": finished})
        else:
            typer.echo(f"The {kind} request is cancelled; {finished} of its results were finished.")


def _cancelled(client: AIHordeAPISimpleClient, request: str) -> tuple[str, int]:
    """Return the kind of the request and how many of its results were finished.

    Raises:
        AIHordeNotFoundError: It is of no kind: the horde does not know it, or no longer.
    """
    from horde_sdk.ai_horde_api.apimodels import (
        AlchemyDeleteRequest,
        AlchemyStatusResponse,
        DeleteImageGenerateRequest,
        DeleteTextGenerateRequest,
        ImageGenerateStatusResponse,
        TextGenerateStatusResponse,
    )
    from horde_sdk.ai_horde_api.exceptions import AIHordeNotFoundError
    from horde_sdk.ai_horde_api.fields import GenerationID

    id_ = GenerationID(request)
    try:
        return "image", client.ask(DeleteImageGenerateRequest(id=id_), ImageGenerateStatusResponse).finished
    except AIHordeNotFoundError:
        pass
    try:
        return "text", client.ask(DeleteTextGenerateRequest(id=id_), TextGenerateStatusResponse).finished
    except AIHordeNotFoundError:
        return "alchemy", client.ask(AlchemyDeleteRequest(id=id_), AlchemyStatusResponse).finished
