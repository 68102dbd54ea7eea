"""`horde text`: a prompt in, the words that follow it out."""

from __future__ import annotations

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
    say_price,
)
from horde_sdk.command_line.remarks import say_remarks
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
from horde_sdk.harmless_text import one_line, printable

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import TextGenerateAsyncRequest, TextGenerateStatusResponse
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient

SAMPLING = "Sampling"
TIDYING = "Where to stop, and tidying up"


def text(
    prompt: Annotated[str, typer.Argument(help="What to go on from.")],
    n: Annotated[int, typer.Option("-n", min=1, max=20, help="How many texts.")] = 1,
    max_length: Annotated[
        int | None, typer.Option("--max-length", help="Tokens to write at most. Default: the horde's, 80.")
    ] = None,
    max_context: Annotated[
        int | None,
        typer.Option(
            "--max-context", "--max-context-length", help="Tokens of prompt and text. Default: the horde's, 2048."
        ),
    ] = None,
    model: ModelOption = None,
    softprompt: Annotated[str | None, typer.Option(help="A soft prompt that the worker must have.")] = None,
    style: Annotated[str | None, typer.Option(help="Name or id of a style of this horde.")] = None,
    webhook: WebhookOption = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print the text as it is written, where horde and worker tell it.")
    ] = False,
    timeout: TimeoutOption = None,
    fail_fast: FailFastOption = False,
    dry_run: DryRunOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
    temperature: Annotated[
        float | None, typer.Option(help="0 always takes the likeliest word, more is bolder.", rich_help_panel=SAMPLING)
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Only the likeliest words that reach this share.", rich_help_panel=SAMPLING)
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(help="Only this many of the likeliest words.", rich_help_panel=SAMPLING)
    ] = None,
    top_a: Annotated[
        float | None,
        typer.Option(help="Drop words less likely than this times the likeliest's square.", rich_help_panel=SAMPLING),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(help="Drop words less likely than this share of the likeliest.", rich_help_panel=SAMPLING),
    ] = None,
    typical: Annotated[
        float | None, typer.Option(help="Only words about as surprising as usual.", rich_help_panel=SAMPLING)
    ] = None,
    tfs: Annotated[
        float | None, typer.Option(help="Tail-free sampling: cut the long tail.", rich_help_panel=SAMPLING)
    ] = None,
    rep_pen: Annotated[
        float | None, typer.Option(help="Repetition penalty; 1 is none.", rich_help_panel=SAMPLING)
    ] = None,
    rep_pen_range: Annotated[
        int | None, typer.Option(help="Tokens that it looks back.", rich_help_panel=SAMPLING)
    ] = None,
    rep_pen_slope: Annotated[
        float | None, typer.Option(help="How it grows towards the end.", rich_help_panel=SAMPLING)
    ] = None,
    smoothing_factor: Annotated[
        float | None, typer.Option(help="Quadratic sampling.", rich_help_panel=SAMPLING)
    ] = None,
    dynatemp_range: Annotated[
        float | None, typer.Option(help="Dynamic temperature: how far around it.", rich_help_panel=SAMPLING)
    ] = None,
    dynatemp_exponent: Annotated[
        float | None, typer.Option(help="Dynamic temperature: how it grows.", rich_help_panel=SAMPLING)
    ] = None,
    sampler_order: Annotated[
        str | None, typer.Option(help="All samplers by number, for example 6,0,1,3,4,2,5.", rich_help_panel=SAMPLING)
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Stop before this; \\n is a line end; repeatable.", rich_help_panel=TIDYING),
    ] = None,
    single_line: Annotated[
        bool, typer.Option("--single-line", help="Stop at the first line end.", rich_help_panel=TIDYING)
    ] = False,
    trim: Annotated[
        bool, typer.Option("--trim", help="Cut an unfinished last sentence.", rich_help_panel=TIDYING)
    ] = False,
    remove_blank_lines: Annotated[
        bool, typer.Option("--remove-blank-lines", help="Leave no line empty.", rich_help_panel=TIDYING)
    ] = False,
    worker: WorkerOption = None,
    avoid_worker: AvoidOption = None,
    trusted_workers: TrustedOption = False,
    validated_backends: Annotated[
        bool,
        typer.Option(
            "--validated-backends",
            help="Only backends that the horde has validated.",
            rich_help_panel="Who may serve it",
        ),
    ] = False,
    fast_workers: FastOption = False,
    extra_slow_workers: ExtraSlowOption = False,
    allow_downgrade: DowngradeOption = False,
) -> None:
    """Write on where the prompt ends, and print it. Ctrl-C cancels the request on the horde."""
    if stream and as_json:
        raise typer.BadParameter("JSON is printed once all is there: leave out one of them", param_hint="--stream")
    choice = worker_choice(
        models=model,
        workers=worker,
        avoided=avoid_worker,
        trusted=trusted_workers,
        fast=fast_workers,
        extra_slow=extra_slow_workers,
        downgrade=allow_downgrade,
    )
    params = given(
        max_length=max_length,
        max_context_length=max_context,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        top_a=top_a,
        min_p=min_p,
        typical=typical,
        tfs=tfs,
        rep_pen=rep_pen,
        rep_pen_range=rep_pen_range,
        rep_pen_slope=rep_pen_slope,
        smoothing_factor=smoothing_factor,
        dynatemp_range=dynatemp_range,
        dynatemp_exponent=dynatemp_exponent,
        sampler_order=None if sampler_order is None else sampler_order_of(sampler_order),
        stop_sequence=[one.replace("\\n", "\n") for one in stop or []],
        singleline=single_line,
        frmttriminc=trim,
        frmtrmblln=remove_blank_lines,
    )
    with readable_errors(CANCELLED):
        from horde_sdk.ai_horde_api.apimodels import TextGenerateAsyncRequest

        request = TextGenerateAsyncRequest.model_validate(
            {
                "prompt": prompt,
                "params": {"n": n, **params},
                **choice,
                **given(
                    softprompt=softprompt,
                    style=style,
                    validated_backends=validated_backends,
                    webhook=webhook,
                    dry_run=dry_run,
                ),
            }
        )
        client = client_for(horde, apikey)
        if dry_run:
            say_price(client.text_generate_request_dry_run(request).kudos, as_json=as_json)
        else:
            waiting = waiting_options(timeout, fail_fast=fail_fast)
            if stream:
                _stream(client, request, waiting)
            else:
                _write(client, request, waiting, as_json=as_json)


def sampler_order_of(text: str) -> list[int]:
    """Return the numbers of a text such as `6,0,1,3,4,2,5`."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise typer.BadParameter(
            "say it as numbers with commas, for example 6,0,1,3,4,2,5", param_hint="--sampler-order"
        )
    return [int(part) for part in parts]


def _write(
    client: AIHordeAPISimpleClient, request: TextGenerateAsyncRequest, waiting: dict[str, Any], *, as_json: bool
) -> None:
    from horde_sdk.ai_horde_api.apimodels import TextGenerateStatusResponse
    from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError
    from horde_sdk.command_line.progress_display import progress_display

    try:
        with progress_display(request.get_number_of_results_expected()) as display:
            status, job_id = client.text_generate_request(request, check_callback=display.show, **waiting)
    except AIHordeGenerationTimedOutError as late:
        if isinstance(late.partial, TextGenerateStatusResponse) and not as_json:
            _print_texts(late.partial)
        raise
    if as_json:
        texts = [one.model_dump(mode="json", by_alias=True) for one in status.generations]
        print_json({"id": str(job_id), "kudos": status.kudos, "generations": texts})
    else:
        _print_texts(status)


def _stream(client: AIHordeAPISimpleClient, request: TextGenerateAsyncRequest, waiting: dict[str, Any]) -> None:
    from horde_sdk.command_line.following import stream_text

    with client.open_text_request(request, **waiting) as opened:
        status = stream_text(opened, request.get_number_of_results_expected())
    _say_remarks(status)


def _print_texts(status: TextGenerateStatusResponse) -> None:
    """Print the texts, with a line of dashes between two."""
    for number, generation in enumerate(status.generations, start=1):
        if number > 1:
            typer.echo("---")
        typer.echo(printable(generation.text or ""))
    _say_remarks(status)


def _say_remarks(status: TextGenerateStatusResponse) -> None:
    for number, generation in enumerate(status.generations, start=1):
        if generation.state != "ok":
            typer.echo(f"Text {number} is {one_line(str(generation.state))}.", err=True)
        say_remarks(generation.gen_metadata)
