"""`horde explain`: why a request waits, what would help, and when it will be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.command_line.connection import (
    HordeOption,
    JsonOption,
    KeyOption,
    client_for,
    print_json,
    readable_errors,
)
from horde_sdk.exceptions import HordeException
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
    from horde_sdk.explanations import EtaAccuracy, ExplainedPart, RequestExplanation


def explain(
    request: Annotated[str, typer.Argument(metavar="ID", help="The request's id, of whichever kind it is.")],
    horde: HordeOption = None,
    apikey: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a request waits, what of it could be changed so that it need not, and when it will be done."""
    with readable_errors():
        explanation = _explanation(client_for(horde, apikey), request)
        if as_json:
            print_json(explanation.model_dump(mode="json", by_alias=True, exclude_unset=True))
            return
        for part in explanation.parts:
            for line in _lines(part, explanation.type_):
                typer.echo(one_line(line))
        if told := _accuracy(explanation.eta_accuracy):
            typer.echo(told)


def _explanation(client: AIHordeAPISimpleClient, request: str) -> RequestExplanation:
    from horde_sdk.ai_horde_api.exceptions import AIHordeNotFoundError
    from horde_sdk.ai_horde_api.fields import GenerationID
    from horde_sdk.ai_horde_api.return_codes import RC
    from horde_sdk.explanations import ExplainRequest, RequestExplanation

    try:
        return client.ask(ExplainRequest(id=GenerationID(request)), RequestExplanation)
    except AIHordeNotFoundError as error:
        if error.rc == RC.RequestNotFound:
            raise
        raise HordeException("This horde does not explain requests: it has no /v2/explain.") from error


def _lines(part: ExplainedPart, kind: str) -> Iterator[str]:
    yield f"{part.form or f'The {kind} request'}: {_standing(part)}"
    if part.online is None:
        return
    if part.refused:
        yield f"  {_able(part)} of the {_workers(part.online)} online may serve it; of the others:"
        yield from (f"    {each.workers} {each.description}" for each in part.refused)
    elif not part.done:
        yield f"  {_able(part)} of the {_workers(part.online)} online may serve it."
    if part.suggestions:
        yield "  What would help:"
        yield from (f"    {each.description}" for each in part.suggestions)


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def _able(part: ExplainedPart) -> str:
    return str(part.able) if part.able else "None"


def _standing(part: ExplainedPart) -> str:
    if part.faulted:
        return "failed."
    if part.done:
        return "done."
    if not part.is_possible:
        return "waits, and no worker online can serve it."
    place = f"is number {part.queue_position} in line" if part.queue_position else "is being worked on"
    if part.eta is None or part.eta.p50 is None:
        return f"{place}."
    latest = f", within {_span(part.eta.p90)} nine times of ten" if part.eta.p90 is not None else ""
    return f"{place}; done in {_span(part.eta.p50)} or so{latest}."


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"


def _accuracy(accuracy: EtaAccuracy) -> str:
    if not accuracy.requests or accuracy.within_p50 is None or accuracy.within_p90 is None:
        return ""
    return (
        f"Of the last {accuracy.requests} such estimates {accuracy.within_p50:.0%} were kept by the first time told "
        f"and {accuracy.within_p90:.0%} by the second."
    )
