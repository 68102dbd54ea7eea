"""`/status/news`, `/documents/…`, `/.well-known/serviceinfo` and the changes by administrators: parse, call, answer."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server import VERSION
from horde_server.audit.trail import actor_of
from horde_server.content.answers import HordeDocument, KeptNewspiece, Newspiece
from horde_server.content.changes import NewspieceNotFound
from horde_server.content.documents import DocumentName
from horde_server.content.schemas import NewDocument, NewNewspiece, NewspieceChange
from horde_server.content.service import Content
from horde_server.errors import HordeError, InvalidPayload
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.parameters import Id, Word
from horde_server.http.public_address import PublicAddress
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.settings import Settings

_encode = msgspec.json.Encoder().encode
_OK = b'{"message":"OK"}'
_FORMATS = ("html", "markdown")
_INT32_MAX = 2**31 - 1


class NoNewspieceModSelected(HordeError):
    """Name at least one field to change: title, newspiece, importance, tags, more_info_urls or date_published."""


def routes(content: Content) -> APIRouter:
    """What everybody may read."""
    router = DeclaredRouter("/api/v2", tags=["v2"])

    @router.get(
        "/status/news",
        right=Right.ANYBODY,
        operation_id="get_horde_news",
        response_model=list[Newspiece],
        responses=refusals(),
    )
    async def news() -> Response:
        """The hundred newest pieces of news, the newest first."""
        return json_response(content.news_body)

    @router.get(
        "/documents/terms",
        right=Right.ANYBODY,
        operation_id="get_docs_terms",
        response_model=HordeDocument,
        responses=refusals(),
    )
    async def terms(format: Word = "html") -> Response:  # noqa: A002 - the API's own name
        """The terms of service, as HTML or as Markdown."""
        return document(DocumentName.TERMS, format)

    @router.get(
        "/documents/privacy",
        right=Right.ANYBODY,
        operation_id="get_docs_privacy",
        response_model=HordeDocument,
        responses=refusals(),
    )
    async def privacy(format: Word = "html") -> Response:  # noqa: A002
        """What is kept of whom, and for how long, as HTML or as Markdown."""
        return document(DocumentName.PRIVACY, format)

    @router.get(
        "/documents/sponsors",
        right=Right.ANYBODY,
        operation_id="get_docs_sponsors",
        response_model=HordeDocument,
        responses=refusals(),
    )
    async def sponsors(format: Word = "html") -> Response:  # noqa: A002
        """Who helps this horde, as HTML or as Markdown."""
        return document(DocumentName.SPONSORS, format)

    def document(name: DocumentName, form: str) -> Response:
        if form not in _FORMATS:
            raise InvalidPayload({"format": f"one of {', '.join(_FORMATS)}"})
        return json_response(content.document(name, form))

    return router.api


def administration_routes(content: Content, door: Door) -> APIRouter:
    """What administrators change."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.get(
        "/news",
        right=Right.ADMINISTER,
        operation_id="get_operations_news",
        response_model=list[KeptNewspiece],
        responses=refusals(401, 403),
    )
    async def kept_news() -> Response:
        """The pieces of news that can be changed here, with their numbers."""
        return json_response(_encode(await content.kept_news()))

    @router.post(
        "/news",
        right=Right.ADMINISTER,
        operation_id="post_operations_news",
        response_model=KeptNewspiece,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewNewspiece),
    )
    async def add_news(caller: Caller, body: NewNewspiece) -> Response:
        """Publish a piece of news."""
        piece = body.to_piece(datetime.now(UTC).date())
        return json_response(_encode(await content.add_news(actor_of(caller), piece)))

    @router.patch(
        "/news/{news_id}",
        right=Right.ADMINISTER,
        operation_id="patch_operations_news_single",
        response_model=KeptNewspiece,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewspieceChange),
    )
    async def change_news(caller: Caller, body: NewspieceChange, news_id: Id) -> Response:
        """Change a piece of news."""
        number, columns = _number(news_id), body.columns()
        if not columns:
            raise NoNewspieceModSelected
        return json_response(_encode(await content.change_news(actor_of(caller), number, columns)))

    @router.delete(
        "/news/{news_id}",
        right=Right.ADMINISTER,
        operation_id="delete_operations_news_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def remove_news(caller: Caller, news_id: Id) -> Response:
        """Take a piece of news back."""
        await content.remove_news(actor_of(caller), _number(news_id))
        return json_response(_OK)

    @router.put(
        "/documents/{document_name}",
        right=Right.ADMINISTER,
        operation_id="put_operations_documents_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewDocument),
    )
    async def set_document(caller: Caller, body: NewDocument, document_name: Id) -> Response:
        """Write the terms, privacy or sponsors."""
        await content.set_document(actor_of(caller), document_name, body.markdown)
        return json_response(_OK)

    @router.delete(
        "/documents/{document_name}",
        right=Right.ADMINISTER,
        operation_id="delete_operations_documents_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def reset_document(caller: Caller, document_name: Id) -> Response:
        """Go back to the file of the content folder, or to what was shipped."""
        await content.reset_document(actor_of(caller), document_name)
        return json_response(_OK)

    return router.api


def service_routes(settings: Settings, public_address: PublicAddress) -> APIRouter:
    """What programs ask that know the host alone."""
    router = DeclaredRouter(tags=["v2"])

    @router.get(
        "/.well-known/serviceinfo",
        right=Right.ANYBODY,
        include_in_schema=False,  # it lies outside of the API that the document describes
    )
    async def serviceinfo(request: Request) -> Response:
        """What this service is, and where its API is."""
        return json_response(_encode(service_info(settings, public_address(request))))

    return router.api


def service_info(settings: Settings, base_url: str) -> dict[str, object]:
    """The document, for a horde at this address."""
    software = {
        "name": settings.title,
        "version": VERSION,
        "repository": settings.repository,
        "homepage": base_url,
        "logo": settings.logo or f"{base_url}/api/static/favicon-32x32.png",
    }
    api = {
        "name": "AI Horde API",
        "version": "2.5",
        "base_url": base_url,
        "rel_url": "/api/v2",
        "documentation": f"{base_url}/api/",
    }
    return {
        "version": "0.2",
        "software": {name: value for name, value in software.items() if value},
        "api": {"aihorde": api},
    }


def _number(text: str) -> int:
    """The number of a piece; what cannot be one names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise NewspieceNotFound
    return int(text)
