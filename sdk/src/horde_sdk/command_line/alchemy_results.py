"""Output of alchemy requests: files for images and drawings, lines for words and figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import typer

from horde_sdk.command_line.image_files import as_webp, save_without_overwriting, slug_of
from horde_sdk.exceptions import HordeException
from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import AlchemyFormStatus, AlchemyInterrogationDetails, AlchemyStatusResponse
    from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient


def name_of(source: str) -> str:
    """Return what files made of the source are called, before the form."""
    path = unquote(urlsplit(source).path) if source.startswith(("http://", "https://")) else source
    return slug_of(PurePosixPath(path).stem)


def deliver(
    client: AIHordeAPISimpleClient,
    status: AlchemyStatusResponse,
    folder: Path,
    name: str,
    *,
    as_json: bool,
) -> list[dict[str, Any]]:
    """Save and print what is finished, and return it as it is told to programs.

    Raises:
        HordeException: An image is finished but could not be fetched.
    """
    told = []
    for form in status.forms:
        one: dict[str, Any] = {"form": str(form.form), "state": str(form.state)}
        path = _saved(client, form, folder, name) if form.done else None
        if path is not None:
            one["path"] = str(path)
        elif form.done:
            one["result"] = _plain(form.result)
        told.append(one)
        if not as_json and form.done:
            for line in [str(path)] if path is not None else _lines(form):
                typer.echo(one_line(line))
    return told


def _saved(client: AIHordeAPISimpleClient, form: AlchemyFormStatus, folder: Path, name: str) -> Path | None:
    """Save an image or a drawing; `None` for what is neither."""
    import requests

    from horde_sdk.ai_horde_api.apimodels import AlchemyVectorizeResult

    stem = f"{name}-{slug_of(str(form.form))}"
    if isinstance(form.result, AlchemyVectorizeResult):
        return save_without_overwriting(form.result.vectorize.encode(), folder, stem, ".svg")
    url = getattr(form.result, "url", None)
    if not isinstance(url, str):
        return None
    try:
        content = as_webp(client.download_bytes_from_url(url))
    except (requests.RequestException, ValueError, OSError) as error:
        raise HordeException(f"{form.form} is finished but its image could not be fetched: {error}") from error
    return save_without_overwriting(content, folder, stem)


def _lines(form: AlchemyFormStatus) -> Iterator[str]:
    """Say a result in words."""
    from horde_sdk.ai_horde_api.apimodels import AlchemyInterrogationDetails

    if isinstance(form.result, AlchemyInterrogationDetails):
        yield from _interrogation_lines(form.result)
        return
    value = _plain(form.result)
    if isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    match value:
        case bool():
            yield f"{form.form}: {'yes' if value else 'no'}"
        case Mapping():
            for key, one in value.items():
                yield f"{form.form} {key}: {_short(one)}"
        case list():
            yield f"{form.form}: {', '.join(map(_short, value))}"
        case _:
            yield f"{form.form}: {_short(value)}"


def _interrogation_lines(details: AlchemyInterrogationDetails) -> Iterator[str]:
    for group, items in details:
        if isinstance(items, list) and items:
            yield f"{group}: {', '.join(f'{item.text} ({item.confidence:.0f})' for item in items)}"


def _short(value: object) -> str:
    """Say one value in a line; a colour with its share as both."""
    match value:
        case str():
            return value
        case {"color": str(color), "share": float() | int() as share}:
            return f"{color} {share:.1%}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _plain(result: object) -> Any:
    """Return a result as JSON has it."""
    from pydantic import BaseModel

    return result.model_dump(mode="json", by_alias=True) if isinstance(result, BaseModel) else result
