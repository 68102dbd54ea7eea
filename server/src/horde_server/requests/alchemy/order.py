"""What was asked for, normalised: the one form in which a form is stored, matched, priced and handed out."""

from __future__ import annotations

from uuid import UUID

import msgspec

from horde_server.requests.pictures.source_images import image_key
from horde_server.requests.pictures.tiles import TILE_SIDE_PIXELS


class WishedForm(msgspec.Struct, frozen=True):
    """What is to be done with the picture; the payload goes to the alchemist as it is."""

    name: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class Interrogation(msgspec.Struct, frozen=True):
    """Forms of one picture, as they are wished for. Each becomes an order of its own."""

    forms: tuple[WishedForm, ...]
    slow_workers: bool = True
    trusted_workers: bool = False

    @property
    def distinct_forms(self) -> list[WishedForm]:
        """Of each name the first, in their order."""
        first = {form.name: form for form in reversed(self.forms)}
        return [form for form in self.forms if first[form.name] is form]


class FormOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """One form of an interrogation.

    Stored as JSON in `request.request_order`; a new field needs a default, so that older rows still read.
    """

    form: str
    interrogation_id: UUID
    tiles: int  # of 512×512 pixels, of its picture
    payload: msgspec.Raw = msgspec.Raw(b"{}")  # as sent
    slow_workers: bool = True
    trusted_workers: bool = False
    pixels: int = 0  # of its picture; 0: not known, as of interrogations of earlier versions

    @property
    def source_key(self) -> str:
        """Of its picture in the blob store."""
        return image_key(self.interrogation_id)

    @property
    def source_pixels(self) -> int:
        """Of its picture; where only the tiles are known, as many as these may have."""
        return self.pixels or self.tiles * TILE_SIDE_PIXELS**2

    @property
    def prompt(self) -> str:
        """Forms have no words."""
        return ""

    @property
    def n(self) -> int:
        """Always one: each form is a request of its own."""
        return 1

    @property
    def things(self) -> float:
        """Work is counted in forms."""
        return 1.0


_decoder = msgspec.json.Decoder(FormOrder)


def decode_order(stored: bytes | str) -> FormOrder:
    """The order back from its stored form; raises `msgspec.ValidationError` when it is not one."""
    return _decoder.decode(stored)
