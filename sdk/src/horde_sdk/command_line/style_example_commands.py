"""`horde styles examples …`: pictures that show a style of images."""

from __future__ import annotations

from typing import Annotated

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    fail,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.listing_commands import print_table
from horde_sdk.command_line.style_editing import StyleArgument, find, find_own
from horde_sdk.harmless_text import one_line

app = typer.Typer(no_args_is_help=True, help="Pictures that show a style of images.")

ExampleArgument = Annotated[str, typer.Argument(metavar="EXAMPLE", help="The example's id.")]


@app.command("list")
def list_examples(
    style: StyleArgument, horde: HordeOption = None, apikey: KeyOption = None, as_json: JsonOption = False
) -> None:
    """List a style's examples."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import StyleStable

        found = find(client_for(horde, apikey), style, of_text=False)
        assert isinstance(found, StyleStable)
        examples = found.examples or []
        if as_json:
            print_json([example.model_dump(mode="json", by_alias=True) for example in examples])
            return
        print_table(
            ("example", "stands for it", "address"),
            [(one.id_, "yes" if one.primary else "", one.url) for one in examples],
            nothing="This style has no examples.",
        )


@app.command()
def add(
    style: StyleArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the picture is; https.")],
    primary: Annotated[bool, typer.Option("--primary", help="It stands for the style.")] = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
) -> None:
    """Add an example to a style of yours; the first one stands for it."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import StyleImageExampleAddRequest, StyleImageExampleModifyResponse

        client = client_for(horde, apikey)
        style_id = find_own(client, style, of_text=False).id_
        request = StyleImageExampleAddRequest(style_id=style_id, url=url, primary=primary)
        typer.echo(one_line(client.ask(request, StyleImageExampleModifyResponse).id_))


@app.command()
def primary(
    style: StyleArgument, example: ExampleArgument, horde: HordeOption = None, apikey: KeyOption = None
) -> None:
    """Let an example stand for its style."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import (
            StyleImageExampleModifyRequest,
            StyleImageExampleModifyResponse,
            StyleStable,
        )

        client = client_for(horde, apikey)
        found = find_own(client, style, of_text=False)
        assert isinstance(found, StyleStable)
        url = next((one.url for one in found.examples or () if one.id_ == example), None)
        if url is None:
            fail("This style has no such example.")
        request = StyleImageExampleModifyRequest(style_id=found.id_, example_id=example, url=url, primary=True)
        client.ask(request, StyleImageExampleModifyResponse)
        typer.echo("It stands for the style now.")


@app.command()
def remove(style: StyleArgument, example: ExampleArgument, horde: HordeOption = None, apikey: KeyOption = None) -> None:
    """Remove an example from a style of yours."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import StyleImageExampleDeleteRequest, StyleImageExampleDeleteResponse

        client = client_for(horde, apikey)
        style_id = find_own(client, style, of_text=False).id_
        client.ask(
            StyleImageExampleDeleteRequest(style_id=style_id, example_id=example), StyleImageExampleDeleteResponse
        )
        typer.echo("The example is removed.")
