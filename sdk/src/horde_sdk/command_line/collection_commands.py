"""`horde styles collections …`: named lists of styles, of which a request draws one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

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
from horde_sdk.command_line.style_editing import InfoOption, PublicOption
from horde_sdk.harmless_text import one_line

app = typer.Typer(no_args_is_help=True, help="Named lists of styles, of which a request draws one.")

CollectionArgument = Annotated[str, typer.Argument(metavar="COLLECTION", help="Its name or id.")]
_FEATURE = "collections of styles"


@app.command("list")
def list_collections(
    page: Annotated[int, typer.Option(min=1, help="25 a page.")] = 1,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List collections, the most used first."""
    with readable_errors(feature=_FEATURE):
        from horde_sdk.ai_horde_api.apimodels import AllCollectionsRequest, AllCollectionsResponse

        found = client_for(horde, apikey).ask(AllCollectionsRequest(page=page), AllCollectionsResponse)
        if as_json:
            print_json(found.model_dump(mode="json", by_alias=True))
            return
        print_table(
            ("collection", "of", "used", "styles"),
            [(one.name, str(one.type), str(one.use_count or 0), _names(one.styles)) for one in found.root],
            nothing="There are no collections.",
        )


@app.command()
def show(collection: CollectionArgument, horde: HordeOption = None, apikey: KeyOption = None) -> None:
    """Print a collection as JSON."""
    with readable_errors(feature=_FEATURE):
        print_json(_find(client_for(horde, apikey), collection).model_dump(mode="json", by_alias=True))


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    styles: Annotated[list[str], typer.Argument(metavar="STYLE…", help="Names or ids of styles, all of one kind.")],
    info: InfoOption = None,
    public: PublicOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
) -> None:
    """Make a collection."""
    with readable_errors(feature=_FEATURE):
        from horde_sdk.ai_horde_api.apimodels import CreateCollectionRequest, CreateCollectionResponse

        fields = {"name": name, "styles": styles, **_given(info=info, public=public)}
        request = CreateCollectionRequest.model_validate(fields)
        typer.echo(one_line(client_for(horde, apikey).ask(request, CreateCollectionResponse).id_))


@app.command()
def edit(
    collection: CollectionArgument,
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    style: Annotated[
        list[str] | None, typer.Option("--style", help="What it holds from now on, by name or id; again for more.")
    ] = None,
    info: InfoOption = None,
    public: PublicOption = None,
    horde: HordeOption = None,
    apikey: KeyOption = None,
) -> None:
    """Change a collection of yours; what is left out stays as it is."""
    with readable_errors(feature=_FEATURE):
        from horde_sdk.ai_horde_api.apimodels import UpdateCollectionRequest, UpdateCollectionResponse

        changes = _given(name=name, styles=style or None, info=info, public=public)
        if not changes:
            fail("Say what to change.")
        client = client_for(horde, apikey)
        known = _find(client, collection)
        client.ask(
            UpdateCollectionRequest.model_validate({"collection_id": known.id, **changes}), UpdateCollectionResponse
        )
        typer.echo("The collection is changed.")


@app.command()
def delete(collection: CollectionArgument, horde: HordeOption = None, apikey: KeyOption = None) -> None:
    """Delete a collection of yours; its styles stay."""
    with readable_errors(feature=_FEATURE):
        from horde_sdk.ai_horde_api.apimodels import DeleteCollectionRequest, DeleteCollectionResponse

        client = client_for(horde, apikey)
        client.ask(DeleteCollectionRequest(collection_id=_find(client, collection).id), DeleteCollectionResponse)
        typer.echo("The collection is deleted.")


def _find(client: Any, collection: str) -> Any:
    """Return the collection with this id or name."""
    from horde_sdk.ai_horde_api.apimodels import CollectionByIDRequest, CollectionByNameRequest, ResponseModelCollection

    try:
        by_id = str(UUID(collection))
    except ValueError:
        return client.ask(CollectionByNameRequest(collection_name=collection), ResponseModelCollection)
    return client.ask(CollectionByIDRequest(collection_id=by_id), ResponseModelCollection)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _names(styles: list[Any]) -> str:
    return ", ".join(style.name.rpartition("::")[2] for style in styles)
