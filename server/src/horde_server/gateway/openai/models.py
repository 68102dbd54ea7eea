"""`/v1/models`: what is served now (gateway.md §2.1)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response

from horde_server.gateway.common.errors import ModelNotFound
from horde_server.gateway.common.model_names import ANY_EMBEDDING, ANY_IMAGE, ANY_TEXT, ModelNames, ServedModel
from horde_server.gateway.openai.dialect import encode
from horde_server.http.body import json_response
from horde_server.http.etags import known_tags, tag_of, tagged

_KINDS: Final = ("text", "image", "embedding")


class ModelList:
    """The list as bytes, made anew when what is served has changed."""

    def __init__(self, models: ModelNames, started_s: float) -> None:
        self._models = models
        self._started_s = int(started_s)
        self._made: dict[tuple[str, ...], tuple[object, bytes, bytes]] = {}

    def answer(self, request: Request) -> Response:
        """All, or those of one kind; 304 where the client has the same."""
        wanted = request.query_params.get("type") if request.scope["query_string"] else None
        kinds = (wanted,) if wanted in _KINDS else _KINDS
        served = tuple(self._models.served(kind) for kind in kinds)
        known = self._made.get(kinds)
        if known is None or any(a is not b for a, b in zip(known[0], served, strict=True)):  # type: ignore[call-overload]
            body = encode({"object": "list", "data": [row for kind in kinds for row in self._rows(kind)]})
            known = self._made[kinds] = (served, body, tag_of(body))
        _, body, tag = known
        return tagged(json_response(body), tag, known_tags(request.scope))

    def one(self, name: str) -> Response:
        """A model by its name. Raises `ModelNotFound`."""
        for kind in _KINDS:
            for row in self._rows(kind):
                if row["id"] == name:
                    return json_response(encode(row))
        raise ModelNotFound(f"The model '{name[:200]}' is served by nobody here: GET /v1/models tells what is.")

    def _rows(self, kind: str) -> list[dict[str, Any]]:
        rows = [_row(model) for model in self._models.served(kind)]
        if not rows and kind == "embedding":
            return []  # most hordes have none, and most programs take all that is listed for models that chat
        any_of_all = {"text": ANY_TEXT, "image": ANY_IMAGE, "embedding": ANY_EMBEDDING}[kind]
        return [*rows, _any(any_of_all, kind, self._models.served(kind), self._started_s)]


def _row(model: ServedModel) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": model.kind,
        "workers": model.workers,
        "queued": model.queued_jobs,
        "eta": model.wait_s,
    }
    row: dict[str, Any] = {
        "id": model.name,
        "object": "model",
        "created": int(model.first_seen_s),
        "owned_by": "openhorde",
        "horde": told,
    }
    if model.kind == "text":
        told |= {
            "max_length": model.max_length,
            "max_context_length": model.max_context_length,
            "streams": "streams" in model.can,
            "capabilities": sorted(model.can),
        }
        if model.template is not None:
            told["template"] = model.template
        row |= {"context_length": model.max_context_length, "max_model_len": model.max_context_length}
    return row


def _any(name: str, kind: str, served: tuple[ServedModel, ...], started_s: int) -> dict[str, Any]:
    """Whatever model comes first: as good as the best of them."""
    return {
        **_row(
            ServedModel(
                name=name,
                kind=kind,
                workers=max((model.workers for model in served), default=0),
                threads=0,
                queued_jobs=sum(model.queued_jobs for model in served),
                wait_s=min((model.wait_s for model in served), default=0),
                first_seen_s=started_s,
                max_length=max((model.max_length for model in served), default=0),
                max_context_length=max((model.max_context_length for model in served), default=0),
                can=frozenset(word for model in served for word in model.can),
            )
        )
    }
