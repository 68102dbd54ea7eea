"""`horde embed`: texts in, vectors out."""

from __future__ import annotations

import sys
from typing import Annotated

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
from horde_sdk.command_line.worker_choice import (
    DryRunOption,
    FailFastOption,
    FastOption,
    ModelOption,
    TimeoutOption,
    TrustedOption,
    given,
    waiting_options,
)

_SHOWN = 6
"""Numbers of a vector that people are shown."""


def embed(
    texts: Annotated[
        list[str],
        typer.Argument(metavar="TEXT…", help="What to embed, up to 256 texts; - takes each line of the input."),
    ],
    model: ModelOption = None,
    dimensions: Annotated[
        int | None, typer.Option(min=1, max=8192, help="Numbers of each vector. Default: as the model makes them.")
    ] = None,
    timeout: TimeoutOption = None,
    fail_fast: FailFastOption = False,
    dry_run: DryRunOption = False,
    trusted_workers: TrustedOption = False,
    fast_workers: FastOption = False,
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make vectors of texts, by whose angles machines tell what is alike. Ctrl-C cancels the request on the horde."""
    with readable_errors(CANCELLED):
        from horde_sdk.ai_horde_api.embedding_models import EmbeddingAsyncRequest
        from horde_sdk.command_line.progress_display import progress_display

        request = EmbeddingAsyncRequest.model_validate(
            {
                "input": _read(texts),
                "slow_workers": not fast_workers,
                **given(models=model, dimensions=dimensions, trusted_workers=trusted_workers, dry_run=dry_run),
            }
        )
        client = client_for(horde, apikey)
        if dry_run:
            say_price(client.embedding_request_dry_run(request).kudos, as_json=as_json)
            return
        with progress_display(request.get_number_of_results_expected()) as display:
            status, job_id = client.embedding_request(
                request, check_callback=display.show, **waiting_options(timeout, fail_fast=fail_fast)
            )
        (made,) = status.generations
        if as_json:
            told = {"id": str(job_id), "kudos": status.kudos, "model": made.model, "dimensions": made.dimensions}
            print_json({**told, "embeddings": [list(vector) for vector in made.floats]})
            return
        for vector in made.floats:
            more = " …" if len(vector) > _SHOWN else ""
            typer.echo(" ".join(f"{number:+.4f}" for number in vector[:_SHOWN]) + more)


def _read(texts: list[str]) -> list[str]:
    """Return the texts; those of the input's lines where one is `-`."""
    found: list[str] = []
    for text in texts:
        found += [line for line in sys.stdin.read().splitlines() if line.strip()] if text == "-" else [text]
    return found
