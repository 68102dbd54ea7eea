"""Output of image requests: WebP files, and a line on each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from horde_sdk.command_line.connection import print_json
from horde_sdk.command_line.remarks import say_remarks
from horde_sdk.exceptions import HordeException
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import (
        ImageGenerateAsyncRequest,
        ImageGenerateStatusResponse,
        ImageGeneration,
    )
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient


def draw(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    folder: Path,
    waiting: dict[str, Any],
    *,
    as_json: bool,
    preview: bool | None = None,
    follow: bool = False,
) -> None:
    """Carry a request out and save its images; what was finished when it took too long is saved too.

    Args:
        client: Of the horde.
        request: What to draw.
        folder: Where to.
        waiting: How long, see `waiting_options`.
        as_json: Print JSON.
        preview: Show the images in the terminal; `None`: where it can.
        follow: Show steps, and pictures as they come to be, where horde and worker tell them.
    """
    from horde_sdk.ai_horde_api.apimodels import ImageGenerateStatusResponse
    from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError
    from horde_sdk.command_line.image_files import require_room
    from horde_sdk.command_line.progress_display import progress_display

    require_room(folder)
    wanted = request.get_number_of_results_expected()
    try:
        if follow:
            from horde_sdk.command_line.following import follow_image

            with client.open_image_request(request, **waiting) as opened:
                status, job_id = follow_image(opened, wanted, preview=False if as_json else preview), opened.id_
        else:
            with progress_display(wanted) as display:
                status, job_id = client.image_generate_request(request, check_callback=display.show, **waiting)
    except AIHordeGenerationTimedOutError as late:
        if isinstance(late.partial, ImageGenerateStatusResponse):
            saved = _save_all(client, request, late.partial, folder, as_json=as_json)
            if as_json:
                print_json({"id": late.request_id, "kudos": late.partial.kudos, "images": saved})
        raise
    saved = _save_all(client, request, status, folder, as_json=as_json)
    if as_json:
        print_json({"id": str(job_id), "kudos": status.kudos, "images": saved})
    elif preview is not False:
        _show([Path(one["path"]) for one in saved], wanted=preview)


def _show(paths: list[Path], *, wanted: bool | None) -> None:
    from horde_sdk.command_line.terminal_pictures import show

    show(paths, wanted=wanted)


def _save_all(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    status: ImageGenerateStatusResponse,
    folder: Path,
    *,
    as_json: bool,
) -> list[dict[str, Any]]:
    """Save every image that can be had.

    Raises:
        HordeException: One could not.
    """
    saved, lost = [], []
    for generation in status.generations:
        try:
            path = _save(client, request, generation, folder)
        except HordeException as error:
            lost.append(error)
            continue
        told = {
            "path": str(path),
            **generation.model_dump(mode="json", by_alias=True, exclude={"img", "gen_metadata"}),
            "gen_metadata": [one.model_dump(mode="json", by_alias=True) for one in generation.gen_metadata or []],
        }
        saved.append(told)
        if not as_json:
            censored = ", censored" if generation.censored else ""
            made = f"{generation.model} by {generation.worker_name}, seed {generation.seed}{censored}"
            typer.echo(f"{path}  ({one_line(made)})")
            say_remarks(generation.gen_metadata)
    if lost:
        raise lost[0]
    return saved


def _save(
    client: AIHordeAPISimpleClient,
    request: ImageGenerateAsyncRequest,
    generation: ImageGeneration,
    folder: Path,
) -> Path:
    import requests

    from horde_sdk.command_line.image_files import as_webp, save_without_overwriting, slug_of

    try:
        content = as_webp(client.download_bytes_from_generation(generation))
    except (requests.RequestException, ValueError, OSError) as error:
        raise HordeException(f"The image {generation.id_} is finished but could not be fetched: {error}") from error
    return save_without_overwriting(content, folder, f"{slug_of(request.prompt)}-{slug_of(generation.seed)}")
