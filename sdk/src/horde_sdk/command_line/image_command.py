"""`horde image`: a prompt in, WebP files out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from horde_sdk.ai_horde_api.apimodels import (
        ImageGenerateAsyncRequest,
        ImageGenerateStatusResponse,
        ImageGeneration,
    )
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient


def size_of(text: str) -> tuple[int, int]:
    """Return width and height of a text such as `512x768`, in pixels."""
    match = re.fullmatch(r"(\d{1,5})[xX*](\d{1,5})", text.strip())
    if match is None:
        raise typer.BadParameter("say it as WIDTHxHEIGHT, for example 512x768", param_hint="--size")
    return int(match[1]), int(match[2])


def image(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    n: Annotated[int, typer.Option("-n", min=1, max=20, help="How many images.")] = 1,
    size: Annotated[str, typer.Option(help="Width and height in pixels, multiples of 64.")] = "512x512",
    steps: Annotated[int | None, typer.Option(min=1, help="Sampling steps. Default: the horde's.")] = None,
    seed: Annotated[str | None, typer.Option(help="A number or any text. Default: random.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="A model; repeat to allow several. Default: any."),
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the images.")] = Path("."),
    negative: Annotated[str | None, typer.Option(help="What not to draw.")] = None,
    sampler: Annotated[str | None, typer.Option(help="Sampler, for example k_euler.")] = None,
    cfg_scale: Annotated[float | None, typer.Option(min=0, help="How closely to follow the prompt.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw images and save them as WebP. Ctrl-C cancels the request on the horde."""
    width, height = size_of(size)
    with readable_errors():
        from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest

        asked_for: dict[str, object] = {"width": width, "height": height, "n": n, "steps": steps, "seed": seed}
        asked_for |= {"sampler_name": sampler, "cfg_scale": cfg_scale}
        request = ImageGenerateAsyncRequest.model_validate(
            {
                "prompt": f"{prompt} ### {negative}" if negative else prompt,
                "models": model or [],
                "params": {name: value for name, value in asked_for.items() if value is not None},
                **({"dry_run": True} if dry_run else {}),
            }
        )
        client = client_for(horde, apikey)
        if dry_run:
            _say_price(client, request, as_json=as_json)
        else:
            _draw(client, request, out, as_json=as_json)


def _say_price(client: AIHordeAPISimpleClient, request: ImageGenerateAsyncRequest, *, as_json: bool) -> None:
    price = client.image_generate_request_dry_run(request).kudos
    if as_json:
        print_json({"kudos": price})
    else:
        typer.echo(f"It would cost {price:g} kudos.")


def _draw(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    folder: Path,
    *,
    as_json: bool,
) -> None:
    from horde_sdk.ai_horde_api.apimodels import ImageGenerateStatusResponse
    from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError
    from horde_sdk.command_line.progress_display import progress_display

    try:
        with progress_display(request.get_number_of_results_expected()) as display:
            status, job_id = client.image_generate_request(request, check_callback=display.show)
    except AIHordeGenerationTimedOutError as late:
        if isinstance(late.partial, ImageGenerateStatusResponse):
            _save_all(client, request, late.partial, folder, as_json=False)
        raise
    saved = _save_all(client, request, status, folder, as_json=as_json)
    if as_json:
        print_json({"id": str(job_id), "kudos": status.kudos, "images": saved})


def _save_all(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    status: ImageGenerateStatusResponse,
    folder: Path,
    *,
    as_json: bool,
) -> list[dict[str, Any]]:
    saved = []
    for generation in status.generations:
        path = _save(client, request, generation, folder)
        told = {
            "path": str(path),
            **generation.model_dump(mode="json", by_alias=True, exclude={"img", "gen_metadata"}),
            "gen_metadata": [one.model_dump(mode="json", by_alias=True) for one in generation.gen_metadata or []],
        }
        saved.append(told)
        if not as_json:
            censored = ", censored" if generation.censored else ""
            typer.echo(f"{path}  ({generation.model} by {generation.worker_name}, seed {generation.seed}{censored})")
    return saved


def _save(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    generation: ImageGeneration,
    folder: Path,
) -> Path:
    import requests

    from horde_sdk.command_line.image_files import as_webp, save_without_overwriting, slug_of
    from horde_sdk.exceptions import HordeException

    try:
        content = as_webp(client.download_bytes_from_generation(generation))
    except (requests.RequestException, ValueError, OSError) as error:
        raise HordeException(f"The image {generation.id_} is finished but could not be fetched: {error}") from error
    return save_without_overwriting(content, folder, f"{slug_of(request.prompt)}-{slug_of(generation.seed)}")
