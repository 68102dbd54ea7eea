"""Forms with files, as programs send pictures; and forms of fields alone."""

from __future__ import annotations

import re
from collections import defaultdict
from email.message import Message
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from horde_server.errors import BadRequest, NulByteInPayload

MULTIPART: Final = "multipart/form-data"
FORM: Final = "application/x-www-form-urlencoded"
MOST_PARTS: Final = 64
MOST_PART_HEAD_BYTES: Final = 4096
MOST_FIELD_BYTES: Final = 4 * 1024 * 1024
"""Of a part that is no file."""
_MOST_BOUNDARY_CHARACTERS: Final = 200
_ARRAY: Final = re.compile(r"\[\d{0,3}\]$")


class Form(NamedTuple):
    """Fields by name, of several with one name the last, and files by name: `image[]` is `image`."""

    fields: dict[str, str]
    files: dict[str, list[bytes]]


def delimiter_of(options: str) -> bytes:
    """What stands before each part, made up by programs anew each time.

    `options`: what stands after the media type. Raises `BadRequest`.
    """
    boundary = _option(f"{MULTIPART};{options}", "boundary")
    if not boundary or len(boundary) > _MOST_BOUNDARY_CHARACTERS:
        raise BadRequest("The form names no boundary between its parts: send `multipart/form-data; boundary=…`.")
    return b"--" + boundary.encode("latin-1", "replace")


def read_multipart(body: bytes, delimiter: bytes) -> Form:
    """The parts of a body. Raises `BadRequest`."""
    start = body.find(delimiter)
    if start < 0:
        raise BadRequest("The form has no part between the boundaries that it names.")
    fields: dict[str, str] = {}
    files: defaultdict[str, list[bytes]] = defaultdict(list)
    parts = body[start + len(delimiter) :].split(b"\r\n" + delimiter, MOST_PARTS + 1)
    if len(parts) > MOST_PARTS + 1:
        raise BadRequest(f"A form has at most {MOST_PARTS} parts.")
    if not parts[-1].startswith(b"--"):
        raise BadRequest("The form ends in the middle of a part.")
    for part in parts[:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank or len(head) > MOST_PART_HEAD_BYTES:
            raise BadRequest("A part of the form has no headers, or longer ones than anybody needs.")
        name, is_file = _name(head)
        if is_file:
            files[name].append(bytes(content))
        else:
            fields[name] = _text(bytes(content))
    return Form(fields, dict(files))


def read_urlencoded(body: bytes) -> dict[str, str]:
    """The fields of a form without files. Raises `BadRequest`."""
    if len(body) > MOST_FIELD_BYTES:
        raise BadRequest(f"A form without files has at most {MOST_FIELD_BYTES} bytes: send JSON.")
    try:
        found = parse_qsl(bytes(body).decode(), keep_blank_values=True, max_num_fields=MOST_PARTS, errors="strict")
    except ValueError:
        raise BadRequest(f"This is no form in UTF-8 with at most {MOST_PARTS} fields.") from None
    return {name: _without_nul(value) for name, value in found}


def _name(head: bytes) -> tuple[str, bool]:
    """The name of a part, and whether it is a file."""
    for line in head.strip(b"\r\n").split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-disposition":
            told = value.decode("utf-8", "replace")
            name = _option(told, "name")
            if name:
                return _ARRAY.sub("", name), _option(told, "filename") is not None
    raise BadRequest("A part of the form has no name.")


def _option(header: str, name: str) -> str | None:
    message = Message()
    message["content-type"] = " ".join(header.split())
    try:
        found = message.get_param(name, header="content-type")
    except (TypeError, ValueError):  # pieces of a parameter that do not go together
        raise BadRequest("A header of the form has parameters that cannot be read: send each of them once.") from None
    return found if isinstance(found, str) or found is None else found[2]


def _text(content: bytes) -> str:
    if len(content) > MOST_FIELD_BYTES:
        raise BadRequest(f"A field of a form has at most {MOST_FIELD_BYTES} bytes.")
    try:
        return _without_nul(content.decode())
    except UnicodeDecodeError:
        raise BadRequest("A field of the form is not UTF-8.") from None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise NulByteInPayload
    return text
