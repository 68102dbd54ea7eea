"""From the API's body to an interrogation (alchemy.md §2)."""

from __future__ import annotations

import msgspec

from horde_server.http.wire_types import encode_map
from horde_server.requests.alchemy.order import Interrogation, WishedForm
from horde_server.requests.alchemy.schemas import InterrogationRequest
from horde_server.requests.asked import Asked, GivenPictures
from horde_server.webhooks.hook import Hook


def asked(body: InterrogationRequest, links_base: str = "") -> Asked[Interrogation]:
    """What the body asks for. `links_base`: what links in webhooks begin with."""
    return Asked(
        order=Interrogation(
            forms=tuple(WishedForm(form.name, msgspec.Raw(encode_map(form.payload))) for form in body.forms),
            slow_workers=body.slow_workers,
            trusted_workers=body.trusted_workers,
        ),
        pictures=GivenPictures(body.source_image),
        webhook=Hook(body.webhook, links_base) if body.webhook else None,
    )
