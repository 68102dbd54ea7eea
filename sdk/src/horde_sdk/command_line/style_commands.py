"""`horde styles …`: what `--style` of `horde image` and `horde text` may name."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from horde_sdk.command_line import collection_commands, style_example_commands
from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.listing_commands import print_table
from horde_sdk.command_line.style_editing import StyleArgument, TextOption, create, delete, edit, find

app = typer.Typer(no_args_is_help=True, help="Prompts, models and parameters that go by one name.")


@app.command("list")
def list_styles(
    of_text: Annotated[bool, typer.Option("--text", help="Styles of texts instead of images.")] = False,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    model: Annotated[str | None, typer.Option(help="Only those for this model.")] = None,
    page: Annotated[int, typer.Option(min=1, help="25 a page.")] = 1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List styles, the most used first."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import (
            AllStylesImageRequest,
            AllStylesImageResponse,
            AllStylesTextRequest,
            AllStylesTextResponse,
        )

        client = client_for(horde, apikey)
        chosen: dict[str, Any] = {"tag": tag, "model": model, "page": page}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        found = (
            client.ask(AllStylesTextRequest(**chosen), AllStylesTextResponse)
            if of_text
            else client.ask(AllStylesImageRequest(**chosen), AllStylesImageResponse)
        )
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
            return
        print_table(
            ("style", "by", "used", "models"),
            [
                (one.name or "?", one.creator or "?", str(one.use_count or 0), ", ".join(one.models or []))
                for one in found.root
            ],
            nothing="There are no such styles.",
        )


@app.command()
def show(
    style: StyleArgument,
    of_text: TextOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
) -> None:
    """Print a style as JSON."""
    with readable_errors(feature="styles"):
        found = find(client_for(horde, apikey), style, of_text=of_text)
        print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))


for _command in (create, edit, delete):
    app.command()(_command)
app.add_typer(style_example_commands.app, name="examples")
app.add_typer(collection_commands.app, name="collections")
