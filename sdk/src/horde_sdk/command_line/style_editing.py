"""`horde styles create`, `edit` and `delete`: styles of one's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

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
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import (
        ModifyStyleImageResponse,
        ModifyStyleTextResponse,
        StyleKobold,
        StyleStable,
    )
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

StyleArgument = Annotated[str, typer.Argument(metavar="STYLE", help="A style's name or id.")]
TextOption = Annotated[bool, typer.Option("--text", help="A style of texts instead of images.")]
PromptOption = Annotated[
    str | None, typer.Option(help="The prompt: {p} stands for the user's, {np} for what the user does not want.")
]
ModelsOption = Annotated[
    list[str] | None, typer.Option("-m", "--model", help="A model that it is for; again for more.")
]
ParamsOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="A parameter of a request, as steps=20; again for more."),
]
SharedKeyOption = Annotated[
    str | None,
    typer.Option("--shared-key", help="A shared key of yours that pays for its users; 0: none. Not for texts."),
]
TagsOption = Annotated[list[str] | None, typer.Option("--tag", help="A word that it is found by; again for more.")]
InfoOption = Annotated[str | None, typer.Option(help="What you say about it.")]
PublicOption = Annotated[bool | None, typer.Option("--public/--private", help="Whether it is listed.")]
NsfwOption = Annotated[bool | None, typer.Option("--nsfw/--sfw", help="Whether what it makes is not safe for work.")]

_NO_KEY = "00000000-0000-0000-0000-000000000000"


def create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    model: ModelsOption = None,
    prompt: PromptOption = None,
    param: ParamsOption = None,
    tag: TagsOption = None,
    info: InfoOption = None,
    public: PublicOption = None,
    nsfw: NsfwOption = None,
    shared_key: SharedKeyOption = None,
    of_text: TextOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a style. For trusted users and customizers."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import (
            CreateStyleImageRequest,
            CreateStyleTextRequest,
            ModifyStyleImageResponse,
            ModifyStyleTextResponse,
        )

        fields = _fields(model=model, prompt=prompt, param=param, tag=tag, info=info, public=public, nsfw=nsfw)
        if shared_key is not None:
            fields["sharedkey"] = _NO_KEY if shared_key == "0" else shared_key
        fields = {"prompt": "{p}" if of_text else "{p}{np}", "params": {}, **fields, "name": name}
        client = client_for(horde, apikey)
        made = (
            client.ask(CreateStyleTextRequest.model_validate(fields), ModifyStyleTextResponse)
            if of_text
            else client.ask(CreateStyleImageRequest.model_validate(fields), ModifyStyleImageResponse)
        )
        _say(made, as_json=as_json)


def edit(
    style: StyleArgument,
    name: Annotated[str | None, typer.Option(help="What it is called from now on.")] = None,
    model: ModelsOption = None,
    prompt: PromptOption = None,
    param: ParamsOption = None,
    tag: TagsOption = None,
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Without tags from now on.")] = False,
    info: InfoOption = None,
    public: PublicOption = None,
    nsfw: NsfwOption = None,
    shared_key: SharedKeyOption = None,
    of_text: TextOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a style of yours; what is left out stays as it is. Models, parameters and tags replace those it has."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import (
            ModifyStyleImageRequest,
            ModifyStyleImageResponse,
            ModifyStyleTextRequest,
            ModifyStyleTextResponse,
        )

        fields = _fields(model=model, prompt=prompt, param=param, tag=tag, info=info, public=public, nsfw=nsfw)
        if shared_key is not None:
            fields["sharedkey"] = _NO_KEY if shared_key == "0" else shared_key
        if name is not None:
            fields["name"] = name
        if no_tags:
            fields["tags"] = []
        if not fields:
            fail("Say what to change.")
        client = client_for(horde, apikey)
        fields["style_id"] = find_own(client, style, of_text=of_text).id_
        changed = (
            client.ask(ModifyStyleTextRequest.model_validate(fields), ModifyStyleTextResponse)
            if of_text
            else client.ask(ModifyStyleImageRequest.model_validate(fields), ModifyStyleImageResponse)
        )
        _say(changed, as_json=as_json)


def delete(
    style: StyleArgument,
    of_text: TextOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a style of yours."""
    with readable_errors(feature="styles"):
        from horde_sdk.ai_horde_api.apimodels import (
            DeleteStyleImageRequest,
            DeleteStyleImageResponse,
            DeleteStyleTextRequest,
            DeleteStyleTextResponse,
        )

        client = client_for(horde, apikey)
        style_id = find_own(client, style, of_text=of_text).id_
        said = (
            client.ask(DeleteStyleTextRequest(style_id=style_id), DeleteStyleTextResponse)
            if of_text
            else client.ask(DeleteStyleImageRequest(style_id=style_id), DeleteStyleImageResponse)
        )
        if as_json:
            print_json({"id": style_id, "message": said.message})
        else:
            typer.echo("The style is deleted.")


def find_own(client: AIHordeAPISimpleClient, style: str, *, of_text: bool) -> StyleKobold | StyleStable:
    """Return the user's own style with this id or name, else the one that `find` finds.

    A name alone would mean the oldest public style of that name, whoever's it is.
    """
    kind = "text" if of_text else "image"
    own = {one.name.rpartition("::")[2]: one for one in client.find_user().styles or () if one.type_ == kind}
    return find(client, own[style].id_ if style in own else style, of_text=of_text)


def find(client: AIHordeAPISimpleClient, style: str, *, of_text: bool) -> StyleKobold | StyleStable:
    """Return the style with this id or name."""
    from uuid import UUID

    from horde_sdk.ai_horde_api.apimodels import (
        SingleStyleImageByIDRequest,
        SingleStyleImageByNameRequest,
        SingleStyleTextByIDRequest,
        SingleStyleTextByNameRequest,
        StyleKobold,
        StyleStable,
    )

    try:
        by_id = str(UUID(style))
    except ValueError:
        by_id = None
    if of_text:
        return client.ask(
            SingleStyleTextByIDRequest(style_id=by_id) if by_id else SingleStyleTextByNameRequest(style_name=style),
            StyleKobold,
        )
    return client.ask(
        SingleStyleImageByIDRequest(style_id=by_id) if by_id else SingleStyleImageByNameRequest(style_name=style),
        StyleStable,
    )


def _fields(
    *,
    model: list[str] | None,
    prompt: str | None,
    param: list[str] | None,
    tag: list[str] | None,
    info: str | None,
    public: bool | None,
    nsfw: bool | None,
) -> dict[str, Any]:
    """Return what was given, by the API's names."""
    given = {
        "models": model or None,
        "prompt": prompt,
        "params": _params(param) if param else None,
        "tags": tag or None,
        "info": info,
        "public": public,
        "nsfw": nsfw,
    }
    return {name: value for name, value in given.items() if value is not None}


def _params(words: list[str]) -> dict[str, Any]:
    """Read `NAME=VALUE`, where the value is JSON, or a word."""
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign):
            raise typer.BadParameter(f"{word!r} is no NAME=VALUE", param_hint="--param")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _say(made: ModifyStyleImageResponse | ModifyStyleTextResponse, *, as_json: bool) -> None:
    for warning in made.warnings or ():
        typer.secho(one_line(str(warning.message)), err=True, fg=typer.colors.YELLOW)
    if as_json:
        print_json(made.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        typer.echo(one_line(made.id_))
