"""The status of a text request: how far it is, with what was delivered so far (requests.md §9.8)."""

from __future__ import annotations

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.requests.desk import RequestDesk
from horde_server.requests.progress import Progress, progress_tag
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.results import DescribedText, described


class TextStatus(Progress, kw_only=True):
    """How far a request is, with its texts."""

    generations: list[DescribedText]


async def text_status(desk: RequestDesk[TextOrder], request_id: RequestId) -> TextStatus:
    """The status now. Raises `RequestNotFound`."""
    return (await tagged_status(desk, request_id))[0]


async def tagged_status(desk: RequestDesk[TextOrder], request_id: RequestId) -> tuple[TextStatus, bytes]:
    """The same, with its tag."""
    entry, progress, generations = await desk.delivered(request_id)
    told = [described(made) for made in generations]
    return TextStatus(**msgspec.structs.asdict(progress), generations=told), progress_tag(entry, progress)
