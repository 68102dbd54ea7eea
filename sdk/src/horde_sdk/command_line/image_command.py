"""`horde image`: a prompt in, WebP files out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from horde_sdk.command_line.connection import (
    CANCELLED,
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    readable_errors,
    say_price,
)
from horde_sdk.command_line.image_order import (
    extra_texts_of,
    loras_of,
    size_of,
    source_fields,
    textual_inversions_of,
)
from horde_sdk.command_line.worker_choice import (
    AvoidOption,
    DowngradeOption,
    DryRunOption,
    ExtraSlowOption,
    FailFastOption,
    FastOption,
    ModelOption,
    TimeoutOption,
    TrustedOption,
    WebhookOption,
    WorkerOption,
    given,
    waiting_options,
    worker_choice,
)

SAMPLING = "Sampling"
SOURCE = "Source image"
EXTRAS = "Extras"


def image(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    n: Annotated[int, typer.Option("-n", min=1, max=20, help="How many images.")] = 1,
    size: Annotated[str, typer.Option(help="Width and height in pixels, multiples of 64.")] = "512x512",
    width: Annotated[int | None, typer.Option(help="Pixels; instead of that of --size.")] = None,
    height: Annotated[int | None, typer.Option(help="Pixels; instead of that of --size.")] = None,
    negative: Annotated[str | None, typer.Option(help="What not to draw.")] = None,
    model: ModelOption = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the images.")] = Path(),
    safe: Annotated[bool, typer.Option("--sfw", help="Safe for work; what turns out otherwise is censored.")] = False,
    style: Annotated[str | None, typer.Option(help="Name or id of a style of this horde.")] = None,
    webhook: WebhookOption = None,
    preview: Annotated[
        bool | None,
        typer.Option(
            "--preview/--no-preview", help="Show the images in the terminal. Default: where it can.", show_default=False
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Show steps, and images as they come to be, where horde and worker tell them."),
    ] = False,
    timeout: TimeoutOption = None,
    fail_fast: FailFastOption = False,
    dry_run: DryRunOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Sampling steps. Default: the horde's.", rich_help_panel=SAMPLING)
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="A number or any text. Default: random.", rich_help_panel=SAMPLING)
    ] = None,
    seed_variation: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="From one image to the next, add this.", rich_help_panel=SAMPLING),
    ] = None,
    sampler: Annotated[
        str | None, typer.Option(help="For example k_euler_a, k_dpmpp_2m, DDIM, lcm.", rich_help_panel=SAMPLING)
    ] = None,
    cfg: Annotated[
        float | None,
        typer.Option("--cfg", "--cfg-scale", min=0, help="How closely to follow the prompt.", rich_help_panel=SAMPLING),
    ] = None,
    karras: Annotated[
        bool | None,
        typer.Option("--karras/--no-karras", help="Noise schedule. Default: the horde's.", rich_help_panel=SAMPLING),
    ] = None,
    clip_skip: Annotated[
        int | None, typer.Option(min=1, max=12, help="Layers of the text encoder to skip.", rich_help_panel=SAMPLING)
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="Start from this image; a file is sent as WebP, at most 3072 pixels wide and high.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="White is painted anew; means inpainting.", rich_help_panel=SOURCE),
    ] = None,
    source_processing: Annotated[
        str | None,
        typer.Option(help="img2img, inpainting, outpainting or remix.", rich_help_panel=SOURCE),
    ] = None,
    extra_source: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|URL", help="A further image for remix; repeatable.", rich_help_panel=SOURCE),
    ] = None,
    denoise: Annotated[
        float | None,
        typer.Option(min=0.01, max=1, help="How far from the source: 1 keeps nothing.", rich_help_panel=SOURCE),
    ] = None,
    control_type: Annotated[
        str | None,
        typer.Option(
            help="Keep the source's canny, hed, depth, normal, openpose, seg, scribble, fakescribbles or hough.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    image_is_control: Annotated[
        bool, typer.Option("--image-is-control", help="The source is a control map already.", rich_help_panel=SOURCE)
    ] = False,
    return_control_map: Annotated[
        bool, typer.Option("--return-control-map", help="Get the map instead of images.", rich_help_panel=SOURCE)
    ] = False,
    lora: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:STRENGTH]", help="A LoRA; repeatable.", rich_help_panel=EXTRAS),
    ] = None,
    ti: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:STRENGTH]", help="A textual inversion; repeatable.", rich_help_panel=EXTRAS),
    ] = None,
    inject_ti: Annotated[
        str | None,
        typer.Option(help="Put the names of all --ti into the prompt or the negprompt.", rich_help_panel=EXTRAS),
    ] = None,
    hires_fix: Annotated[
        bool, typer.Option("--hires-fix", help="Draw small first, then refine.", rich_help_panel=EXTRAS)
    ] = False,
    hires_denoise: Annotated[
        float | None, typer.Option(min=0.01, max=1, help="How far to refine.", rich_help_panel=EXTRAS)
    ] = None,
    tiling: Annotated[
        bool, typer.Option("--tiling", help="Opposite edges fit together.", rich_help_panel=EXTRAS)
    ] = False,
    transparent: Annotated[bool, typer.Option("--transparent", help="No background.", rich_help_panel=EXTRAS)] = False,
    post_processing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Afterwards, for example RealESRGAN_x4plus, GFPGAN, strip_background; repeatable, in order.",
            rich_help_panel=EXTRAS,
        ),
    ] = None,
    facefixer_strength: Annotated[
        float | None, typer.Option(min=0, max=1, help="How much to fix faces.", rich_help_panel=EXTRAS)
    ] = None,
    workflow: Annotated[str | None, typer.Option(help="For example qr_code.", rich_help_panel=EXTRAS)] = None,
    extra_text: Annotated[
        list[str] | None,
        typer.Option(metavar="REFERENCE=TEXT", help="A text for the workflow; repeatable.", rich_help_panel=EXTRAS),
    ] = None,
    no_batching: Annotated[
        bool, typer.Option("--no-batching", help="Each image by itself, from its own seed.", rich_help_panel=EXTRAS)
    ] = False,
    worker: WorkerOption = None,
    avoid_worker: AvoidOption = None,
    trusted_workers: TrustedOption = False,
    fast_workers: FastOption = False,
    extra_slow_workers: ExtraSlowOption = False,
    allow_downgrade: DowngradeOption = False,
) -> None:
    """Draw images and save them as WebP. Ctrl-C cancels the request on the horde."""
    usual_width, usual_height = size_of(size)
    extra_texts = extra_texts_of(extra_text or [])
    choice = worker_choice(
        models=model,
        workers=worker,
        avoided=avoid_worker,
        trusted=trusted_workers,
        fast=fast_workers,
        extra_slow=extra_slow_workers,
        downgrade=allow_downgrade,
    )
    with readable_errors(CANCELLED):
        from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest
        from horde_sdk.command_line.image_results import draw

        params = given(
            width=usual_width if width is None else width,
            height=usual_height if height is None else height,
            n=n,
            steps=steps,
            seed=seed,
            seed_variation=seed_variation,
            sampler_name=sampler,
            cfg_scale=cfg,
            clip_skip=clip_skip,
            denoising_strength=denoise,
            control_type=control_type,
            image_is_control=image_is_control,
            return_control_map=return_control_map,
            loras=loras_of(lora or []),
            tis=textual_inversions_of(ti or [], inject=inject_ti),
            hires_fix=hires_fix,
            hires_fix_denoising_strength=hires_denoise,
            tiling=tiling,
            transparent=transparent,
            post_processing=post_processing,
            facefixer_strength=facefixer_strength,
            workflow=workflow,
            extra_texts=extra_texts,
        )
        request = ImageGenerateAsyncRequest.model_validate(
            {
                "prompt": f"{prompt} ### {negative}" if negative else prompt,
                "params": params | ({} if karras is None else {"karras": karras}),
                **choice,
                **({"nsfw": False, "censor_nsfw": True} if safe else {}),
                **source_fields(source, mask, source_processing, extra_source or []),
                **given(style=style, disable_batching=no_batching, webhook=webhook, dry_run=dry_run),
            }
        )
        client = client_for(horde, apikey)
        if dry_run:
            say_price(client.image_generate_request_dry_run(request).kudos, as_json=as_json)
        else:
            waiting = waiting_options(timeout, fail_fast=fail_fast)
            draw(client, request, out, waiting, as_json=as_json, preview=preview, follow=follow)
