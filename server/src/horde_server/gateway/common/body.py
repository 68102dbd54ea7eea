"""Bodies of dialects, read leniently where it is clear what is meant (gateway.md §1.3).

A value that no program means is `BadField` by the field's own name. What is beyond what the horde takes is clamped, and
what nobody can honour is ignored; both are collected, so that the answer can say so. Unknown names are never looked at.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import Request

from horde_server.errors import BadRequest, NulByteInPayload, UnreadableBody
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedField
from horde_server.gateway.common.forms import FORM, MULTIPART, delimiter_of, read_multipart, read_urlencoded
from horde_server.http.body import read_free_json, refuse_endless
from horde_server.http.dialects import visit_of
from horde_server.http.fault_words import kind_of
from horde_server.http.unread_bodies import why_unread

MOST_TEXT_CHARACTERS: Final = 4 * 262_144
"""As long as the longest prompt."""
_NUMBER: Final = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?")
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LARGEST: Final = 2**63
_MOST_SEED: Final = 2**53
_TRUE: Final = frozenset(("true", "1", "yes", "on"))
_FALSE: Final = frozenset(("false", "0", "no", "off"))


class Body:
    """One object of a body: the body itself, or an object in it. `files` are the parts of a form that are files."""

    def __init__(
        self,
        fields: Mapping[str, Any],
        *,
        files: Mapping[str, Sequence[bytes]] | None = None,
        path: str = "",
        is_strict: bool = False,
    ) -> None:
        self._fields = fields
        self._path = path
        self.files = files or {}
        self.is_strict = is_strict
        self.digest = b""
        """Of the whole as it was sent, where the call has an `Idempotency-Key`."""
        self.clamped: dict[str, str] = {}
        self.ignored: list[str] = []

    @classmethod
    async def read(cls, request: Request) -> Body:
        """The body of a request: JSON, whatever it is called, or a form. Raises `UnreadableBody`, `BadRequest`."""
        visit = visit_of(request.scope)
        is_strict = visit is not None and visit.is_strict
        media_type, _, options = request.headers.get("content-type", "").partition(";")
        body = await request.body()
        delimiter = b""
        match media_type.strip().lower():
            case kind if kind == MULTIPART:
                delimiter = delimiter_of(options)
                form = read_multipart(body, delimiter)
                found = cls(form.fields, files=form.files, is_strict=is_strict)
            case kind if kind == FORM and body[:1] not in b"{ ":
                found = cls(read_urlencoded(body), is_strict=is_strict)
            case _:
                found = cls(_object(body, request.headers.get("content-encoding", "")), is_strict=is_strict)
        if "idempotency-key" in request.headers:
            found.digest = hashlib.sha256(body.replace(delimiter, b"--") if delimiter else body).digest()
        return found

    def __contains__(self, name: str) -> bool:
        """Whether a field says something: `null` says nothing."""
        return self._fields.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """The names of the fields that say something."""
        return (name for name, value in self._fields.items() if value is not None)

    def get(self, name: str) -> Any:
        """A field as it was sent; None where it says nothing."""
        return self._fields.get(name)

    def named(self, name: str) -> str:
        """A field as refusals name it."""
        return f"{self._path}{name}"

    # ---------------------------------------------------------------- values

    def text(self, name: str, *, most: int = MOST_TEXT_CHARACTERS, default: str = "") -> str:
        """A text of at most so many characters; numbers are taken for one. Raises `BadField`."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise BadField(self.named(name), f"{self.named(name)} is {kind_of(value)}: send a text.")
        if len(value) > most:
            raise BadField(self.named(name), f"{self.named(name)} has more than {most} characters: send less.")
        return value

    def needed_text(self, name: str, *, most: int = MOST_TEXT_CHARACTERS) -> str:
        """The same of a field that must be there and not empty. Raises `MissingField` too."""
        found = self.text(name, most=most)
        if not found:
            raise MissingField(self.named(name))
        return found

    def number(self, name: str, *, least: float, most: float, default: float | None = None) -> float | None:
        """A number between two, clamped. Raises `BadField`."""
        value = self._number(name)
        return default if value is None else self._clamp(name, value, least, most)

    def integer(self, name: str, *, least: int, most: int, default: int | None = None) -> int | None:
        """A whole number between two, clamped. Raises `BadField`."""
        value = self._number(name)
        if value is None:
            return default
        if not float(value).is_integer():
            raise BadField(self.named(name), f"{self.named(name)} is no whole number.")
        return int(self._clamp(name, int(value), least, most))

    def seed(self, name: str = "seed") -> int | None:
        """A seed of texts; a negative one is none. Raises `BadField`."""
        value = self.integer(name, least=-1, most=_MOST_SEED)
        return None if value is None or value < 0 else value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no. Raises `BadField`."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        said = str(value).strip().lower() if isinstance(value, (str, int)) else ""
        if said in _TRUE or said in _FALSE:
            return said in _TRUE
        raise BadField(self.named(name), f"{self.named(name)} is {kind_of(value)}: send true or false.")

    def items(self, name: str, *, most: int) -> list[Any]:
        """A list of at most so many. One that is no list is taken for a list of it. Raises `BadField`."""
        value = self.get(name)
        if value is None:
            return []
        found = value if isinstance(value, list) else [value]
        if len(found) > most:
            raise BadField(self.named(name), f"{self.named(name)} has more than {most} items: send less.")
        return found

    def texts(self, name: str, *, most: int, most_characters: int = MOST_TEXT_CHARACTERS) -> list[str]:
        """A text, or a list of texts. Empty ones say nothing. Raises `BadField`."""
        found = Body(
            {str(place): value for place, value in enumerate(self.items(name, most=most))}, path=f"{self.named(name)}."
        )
        return [text for place in found if (text := found.text(place, most=most_characters))]

    def object(self, name: str) -> Body:
        """An object in it; an empty one where there is none. What is clamped there is told with the rest."""
        value = self.get(name)
        if isinstance(value, str) and value.lstrip()[:1] == "{":  # a form has no other way to say one
            value = _object(value.encode(), "")
        return self.as_object(name, value)

    def merged(self, name: str) -> Body:
        """The same with the fields of an object in it on its own level, where it has none of that name."""
        inner = self.object(name)
        found = Body(
            {**dict(inner._fields), **self._fields}, files=self.files, path=self._path, is_strict=self.is_strict
        )
        found.clamped, found.ignored = self.clamped, self.ignored
        return found

    def as_object(self, name: str, value: Any) -> Body:
        """A value that stands somewhere in it, as an object. Raises `BadField`."""
        if value is not None and not isinstance(value, dict):
            raise BadField(self.named(name), f"{self.named(name)} is {kind_of(value)}: send an object.")
        inner = Body(value or {}, path=f"{self.named(name)}.", is_strict=self.is_strict)
        inner.clamped, inner.ignored = self.clamped, self.ignored
        return inner

    def file(self, *names: str) -> bytes | None:
        """The first file of a form with one of the names."""
        return next((self.files[name][0] for name in names if self.files.get(name)), None)

    # ---------------------------------------------------------------- what is not done as asked

    def ignore(self, *names: str, neutral: Sequence[Any] = ()) -> None:
        """Note those of the fields that ask for something, as nobody can honour them.

        What is false, zero or empty asks for nothing, nor does what is `neutral`. Raises `UnsupportedField` where this
        horde wants nothing ignored.
        """
        for name in names:
            value = self.get(name)
            if not value or value in neutral or value in ("0", "0.0", "false"):
                continue
            if self.is_strict:
                raise UnsupportedField(self.named(name), f"No worker of this horde can honour {self.named(name)}.")
            self.ignored.append(self.named(name))

    def _number(self, name: str) -> float | int | None:
        value = self.get(name)
        if isinstance(value, str) and (_NUMBER.fullmatch(value.strip())):
            value = float(value)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadField(self.named(name), f"{self.named(name)} is {kind_of(value)}: send a number.")
        if isinstance(value, float) and not math.isfinite(value):
            return math.copysign(_LARGEST, value)
        return max(min(value, _LARGEST), -_LARGEST)

    def _clamp(self, name: str, value: float, least: float, most: float) -> float:
        found = min(max(value, least), most)
        if found != value:
            self.clamped[self.named(name)] = f"{found:g}"
        return found


def _object(body: bytes, content_encoding: str) -> dict[str, Any]:
    if not body.strip():
        return {}
    refuse_endless(body)
    if b"\\u0000" in body and _NUL.search(body):
        raise NulByteInPayload
    try:
        found = read_free_json(body)
    except ValueError as error:
        raise UnreadableBody(why_unread(body, str(error), content_encoding)) from None
    if not isinstance(found, dict):
        raise BadRequest(f"The body is {kind_of(found)}: send a JSON object.")
    return found
