"""`horde alchemy`: an image in; words about it, or the image worked on, out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_sdk.command_line.connection import (
    CANCELLED,
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.command_line.worker_choice import (
    FailFastOption,
    FastOption,
    TimeoutOption,
    TrustedOption,
    WebhookOption,
    given,
    waiting_options,
)
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import AlchemyAsyncRequest, AlchemyStatusResponse
    from horde_sdk.ai_horde_api.fields import GenerationID
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient


def alchemy(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL", help="The image; a file is sent as WebP, at most 3072 pixels wide and high."
        ),
    ],
    form: Annotated[
        list[str],
        typer.Option(
            metavar="NAME[:KEY=VALUE,…]",
            help="What to do: caption, interrogation, nsfw, palette, describe, vectorize, aesthetic, strip_background, "
            "GFPGAN, RealESRGAN_x4plus, …; repeatable. Options of a form follow a colon: caption:min_length=30",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", "--output", help="Folder for images.")] = Path(),
    trusted_workers: TrustedOption = False,
    fast_workers: FastOption = False,
    webhook: WebhookOption = None,
    timeout: TimeoutOption = None,
    fail_fast: FailFastOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Work on an image: print what is said about it, save what is made of it. Ctrl-C cancels the request."""
    forms = [form_of(text) for text in form]
    with readable_errors(CANCELLED):
        from horde_sdk.ai_horde_api.apimodels import AlchemyAsyncRequest, AlchemyStatusResponse
        from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError
        from horde_sdk.ai_horde_api.source_images import source_image
        from horde_sdk.command_line.alchemy_results import deliver, name_of
        from horde_sdk.command_line.image_files import require_room

        request = AlchemyAsyncRequest.model_validate(
            {
                "forms": forms,
                "source_image": source_image(source),
                **({"slow_workers": False} if fast_workers else {}),
                **given(trusted_workers=trusted_workers, webhook=webhook),
            }
        )
        require_room(out)
        client = client_for(horde, apikey)
        try:
            status, request_id = _carry_out(client, request, waiting_options(timeout, fail_fast=fail_fast))
        except AIHordeGenerationTimedOutError as late:
            if isinstance(late.partial, AlchemyStatusResponse):
                told = deliver(client, late.partial, out, name_of(source), as_json=as_json)
                if as_json:
                    print_json({"id": late.request_id, "state": late.partial.state, "forms": told})
            raise
        told = deliver(client, status, out, name_of(source), as_json=as_json)
        if as_json:
            print_json({"id": str(request_id), "state": status.state, "forms": told})
    failed = [str(one.form) for one in status.forms if not one.done]
    if failed:
        typer.echo(f"Without a result: {one_line(', '.join(failed))}.", err=True)
        raise typer.Exit(1)


def form_of(text: str) -> dict[str, object]:
    """Return the form of a text such as `caption:min_length=30,num_beams=5`."""
    name, colon, options = text.partition(":")
    if not colon:
        return {"name": name}
    pairs = [option.partition("=") for option in options.split(",")]
    if not all(key and equals for key, equals, _ in pairs):
        raise typer.BadParameter("say options as NAME:KEY=VALUE,KEY=VALUE", param_hint="--form")
    return {"name": name, "payload": {key: value for key, _, value in pairs}}


def _carry_out(
    client: AIHordeAPISimpleClient, request: AlchemyAsyncRequest, waiting: dict[str, Any]
) -> tuple[AlchemyStatusResponse, GenerationID]:
    from horde_sdk.command_line.progress_display import progress_display, standing_of_forms

    with progress_display(request.get_number_of_results_expected(), standing_of_forms) as display:
        return client.alchemy_request(request, check_callback=display.show, **waiting)
