"""`horde sharedkeys …`: keys that let others spend some of your kudos."""

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
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import ExpiryStrSharedKeyDetailsResponse

app = typer.Typer(no_args_is_help=True, help="Keys that let others spend some of your kudos.")

SharedKeyArgument = Annotated[str, typer.Argument(metavar="SHAREDKEY", help="The shared key.")]
KudosOption = Annotated[int | None, typer.Option(min=-1, help="How many kudos it may spend; -1: no limit.")]
DaysOption = Annotated[int | None, typer.Option("--days", min=-1, help="In how many days it ends; -1: never.")]
NameOption = Annotated[str | None, typer.Option(help="What you call it.")]
PixelsOption = Annotated[int | None, typer.Option(min=-1, help="How large images may be; -1: no limit.")]
StepsOption = Annotated[int | None, typer.Option(min=-1, help="How many steps an image may take; -1: no limit.")]
TokensOption = Annotated[int | None, typer.Option(min=-1, help="How long texts may be; -1: no limit.")]


@app.command()
def create(
    kudos: KudosOption = 5000,
    days: DaysOption = -1,
    name: NameOption = None,
    max_image_pixels: PixelsOption = -1,
    max_image_steps: StepsOption = -1,
    max_text_tokens: TokensOption = -1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a shared key. Whoever has it may spend your kudos within its limits."""
    with readable_errors(feature="shared keys"):
        from horde_sdk.ai_horde_api.apimodels import ExpiryStrSharedKeyDetailsResponse, SharedKeyCreateRequest

        made = client_for(horde, apikey).ask(
            SharedKeyCreateRequest.model_validate(
                {
                    "kudos": kudos,
                    "expiry": days,
                    "name": name or "shared",
                    "max_image_pixels": max_image_pixels,
                    "max_image_steps": max_image_steps,
                    "max_text_tokens": max_text_tokens,
                }
            ),
            ExpiryStrSharedKeyDetailsResponse,
        )
        _say(made, as_json=as_json)


@app.command()
def show(
    shared_key: SharedKeyArgument,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a shared key may spend, and what it has spent."""
    with readable_errors(feature="shared keys"):
        from horde_sdk.ai_horde_api.apimodels import ExpiryStrSharedKeyDetailsResponse, SharedKeyDetailsRequest

        found = client_for(horde, apikey).ask(SharedKeyDetailsRequest(id=shared_key), ExpiryStrSharedKeyDetailsResponse)
        _say(found, as_json=as_json)


@app.command()
def change(
    shared_key: SharedKeyArgument,
    kudos: KudosOption = None,
    days: DaysOption = None,
    name: NameOption = None,
    max_image_pixels: PixelsOption = None,
    max_image_steps: StepsOption = None,
    max_text_tokens: TokensOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a shared key; what is left out stays as it is."""
    with readable_errors(feature="shared keys"):
        from horde_sdk.ai_horde_api.apimodels import ExpiryStrSharedKeyDetailsResponse, SharedKeyModifyRequest

        changes = {
            "kudos": kudos,
            "expiry": days,
            "name": name,
            "max_image_pixels": max_image_pixels,
            "max_image_steps": max_image_steps,
            "max_text_tokens": max_text_tokens,
        }
        request = SharedKeyModifyRequest.model_validate(
            {"id": shared_key, **{field: value for field, value in changes.items() if value is not None}}
        )
        _say(client_for(horde, apikey).ask(request, ExpiryStrSharedKeyDetailsResponse), as_json=as_json)


@app.command()
def delete(
    shared_key: SharedKeyArgument,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a shared key at once."""
    with readable_errors(feature="shared keys"):
        from horde_sdk.ai_horde_api.apimodels import SharedKeyDeleteRequest, SharedKeyDeleteResponse

        said = client_for(horde, apikey).ask(SharedKeyDeleteRequest(id=shared_key), SharedKeyDeleteResponse)
        if as_json:
            print_json({"message": said.message})
        else:
            typer.echo("The shared key is no longer valid.")


def _say(key: ExpiryStrSharedKeyDetailsResponse, *, as_json: bool) -> None:
    if as_json:
        print_json(key.model_dump(mode="json", by_alias=True))
        return
    limits = {
        "kudos": key.kudos,
        "pixels of an image": key.max_image_pixels,
        "steps of an image": key.max_image_steps,
        "tokens of a text": key.max_text_tokens,
    }
    typer.echo(one_line(str(key.sharedkey_id)))
    typer.echo(f"  {one_line(key.name)} of {one_line(key.username)}, {key.utilized} kudos spent")
    typer.echo("  " + "; ".join(f"{what}: {'no limit' if most == -1 else most}" for what, most in limits.items()))
    typer.echo(f"  ends: {one_line(key.expiry) if key.expiry else 'never'}")
