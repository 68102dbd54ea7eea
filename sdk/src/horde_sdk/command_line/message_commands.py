"""`horde messages …`: what workers are told with their next jobs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, cast
from uuid import UUID

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.listing_commands import print_table
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import ResponseModelMessage
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

app = typer.Typer(no_args_is_help=True, help="What workers are told.")


class Validity(StrEnum):
    """Whether messages may be over."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ALL = "all"


class Kind(StrEnum):
    """What workers make."""

    IMAGE = "image"
    TEXT = "text"
    ALCHEMY = "interrogation"


@app.command("list")
def list_messages(
    worker: Annotated[str | None, typer.Option(help="Only those to this worker: its name or id.")] = None,
    validity: Annotated[Validity, typer.Option(help="Whether they may be over.")] = Validity.ACTIVE,
    page: Annotated[int, typer.Option(min=1, help="50 a page.")] = 1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List messages, the newest first: yours, those to your workers, those to all."""
    with readable_errors(feature="messages to workers"):
        from horde_sdk.ai_horde_api.apimodels import AllWorkerMessagesRequest, ResponseModelMessages

        client = client_for(horde, apikey)
        request = AllWorkerMessagesRequest(
            worker_id=_worker_id(client, worker) if worker else None,
            validity=cast("Literal['active', 'expired', 'all']", str(validity)),
            page=page,
        )
        found = client.ask(request, ResponseModelMessages)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
            return
        print_table(
            ("message", "from", "to", "until", "id"),
            [
                (one.message, one.origin or "?", _addressees(one), str(one.expiry or "?"), one.id_ or "?")
                for one in found.root
            ],
            nothing="There are no such messages.",
        )


@app.command()
def send(
    message: Annotated[str, typer.Argument(help="What to say.")],
    worker: Annotated[
        list[str] | None, typer.Option(help="To this worker, its name or id; repeat for several. Default: all workers.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="To all workers of a kind, where the horde takes that.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=720, help="For how long.")] = 12,
    origin: Annotated[str | None, typer.Option(help="In whose name, as a moderator.")] = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell workers something with their next jobs: your own, or as a moderator any."""
    with readable_errors(feature="messages to workers"):
        from horde_sdk.ai_horde_api.apimodels import CreateWorkerMessageRequest, ResponseModelMessage

        client = client_for(horde, apikey)
        ids = [_worker_id(client, name) for name in worker or []]
        request = CreateWorkerMessageRequest(
            message=message,
            expiry=hours,
            origin=origin,
            worker_id=ids[0] if len(ids) == 1 else None,
            worker_ids=ids if len(ids) > 1 else None,
            worker_type=str(kind) if kind else None,
        )
        sent = client.ask(request, ResponseModelMessage)
        if as_json:
            print_json(sent.model_dump(mode="json", by_alias=True, exclude_none=True))
        else:
            typer.echo(f"Sent to {one_line(_addressees(sent))} as {one_line(sent.id_ or '?')}.")


@app.command()
def delete(
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")],
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a message back. For its author and moderators."""
    with readable_errors(feature="messages to workers"):
        from horde_sdk.ai_horde_api.apimodels import DeleteWorkerMessageRequest, DeleteWorkerMessageResponse

        said = client_for(horde, apikey).ask(DeleteWorkerMessageRequest(id=message), DeleteWorkerMessageResponse)
        if as_json:
            print_json({"message": said.message})
        else:
            typer.echo("No worker is told it any more.")


def _worker_id(client: AIHordeAPISimpleClient, worker: str) -> str:
    """Return the id of a worker that is given by its id or name."""
    try:
        return str(UUID(worker))
    except ValueError:
        return str(client.worker_details_by_name(worker).id_)


def _addressees(message: ResponseModelMessage) -> str:
    if message.worker_id:
        return message.worker_id
    if message.worker_ids:
        return ", ".join(message.worker_ids)
    return f"all {message.worker_type} workers" if message.worker_type else "all workers"
