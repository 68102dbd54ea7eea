"""The errors a horde answers with. Services raise them; one handler in `http/` renders them.

Each error knows its HTTP status, its public return code (`rc`, listed in docs/api/basics.md §11) and a sentence
that says what to do next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

MOST_FAULTS = 20
"""That a refusal names; how many more there are it says."""
MOST_ERROR_CHARACTERS = 800
MOST_ERROR_BYTES = 12 * 1024
"""Of all the faults together: a refusal has at most 16 KB."""


class HordeError(Exception):
    """Base of every refusal. Subclasses set `status`, `rc` and use their docstring as the default sentence.

    `extra` holds machine-readable fields put beside `message` and `rc` in the body (for example `required_kudos`).
    """

    status: ClassVar[int] = 400
    rc: ClassVar[str | None] = "BadRequest"

    def __init__(self, message: str | None = None, *, rc: str | None = None, **extra: Any) -> None:
        self.message = message or (type(self).__doc__ or "The request was refused.").strip().splitlines()[0]
        self.code = rc or type(self).rc
        self.extra = extra
        self.headers: dict[str, str] = {}
        super().__init__(self.message)


class InvalidPayload(HordeError):
    """Input payload validation failed"""

    rc = None

    def __init__(self, errors: Mapping[str, str]) -> None:
        """`errors`: what is wrong, by the dotted path of the field. Not more is told than anybody reads."""
        super().__init__()
        self.errors: dict[str, str] = {}
        bytes_left = MOST_ERROR_BYTES
        for path, text in errors.items():
            shown = _cut(path), _cut(text)
            bytes_left -= len(json.dumps(shown, ensure_ascii=False).encode(errors="replace"))
            if len(self.errors) == MOST_FAULTS or bytes_left < 0:
                break
            self.errors[shown[0]] = shown[1]
        if untold := len(errors) - len(self.errors):
            self.message += f" ({untold} more {'faults are' if untold > 1 else 'fault is'} not named)"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_ERROR_CHARACTERS else f"{text[:MOST_ERROR_CHARACTERS]}…"


class UnreadableBody(HordeError):
    """The body must be a JSON object sent with a JSON content type."""

    rc = None

    def __init__(self, reason: str) -> None:
        """`reason`: a sentence that says which of the two it is not, and why."""
        super().__init__()
        self.message = f"{self.message} {reason}"


class BadRequest(HordeError):
    """The request cannot be served as it stands."""


class InvalidAPIKey(HordeError):
    """No account has this API key: check the `apikey` header, or use 0000000000 to stay anonymous."""

    status = 401
    rc = "InvalidAPIKey"


class InvalidWorkerKey(InvalidAPIKey):
    """No account has this API key: check the `apikey` header, which takes the key of the worker's owner."""


class UserNotFound(HordeError):
    """There is no such user."""

    status = 404
    rc = "UserNotFound"


class DeletedUser(HordeError):
    """This account is scheduled for deletion: take that back (`undelete`), or use another account."""

    status = 403
    rc = "DeletedUser"


class WorkerNotFound(HordeError):
    """There is no such worker."""

    status = 404
    rc = "WorkerNotFound"


class TeamNotFound(HordeError):
    """There is no such team."""

    status = 404
    rc = "TeamNotFound"


class RequestNotFound(HordeError):
    """There is no request with this id: it never existed, or it expired and was removed."""

    status = 404
    rc = "RequestNotFound"


class NulByteInPayload(HordeError):
    """Text must not contain NUL characters: remove them and send the request again."""

    rc = "NulByteInPayload"


class NotModerator(HordeError):
    """Only a moderator may do this."""

    status = 403
    rc = "NotModerator"


class NotAdmin(HordeError):
    """Only an administrator of this horde may do this."""

    status = 403
    rc = "NotAdmin"


class NotSupportedYet(HordeError):
    """This part of the API is not available on this server yet; leave the field out."""

    rc = "BadRequest"


class WrongCredentials(HordeError):
    """Wrong credentials: this worker name belongs to another account. Choose another name for your worker."""

    status, rc = 403, "WrongCredentials"
