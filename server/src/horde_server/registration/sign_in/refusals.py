"""Why a sign-in fails. What exactly was wrong with a provider's word is for the log: it would help who forges one."""

from __future__ import annotations

from horde_server.errors import HordeError


class ProviderNotFound(HordeError):
    """Nobody signs in here by this provider: GET /api/v2/register names those there are."""

    status, rc = 404, "ProviderNotFound"


class SignInFailed(HordeError):
    """This sign-in cannot be finished: it is too old, was finished before, or began in another browser. Begin anew."""

    rc = "SignInFailed"


class SignInProviderAway(HordeError):
    """The provider does not answer for the moment: please try again, or use a key of yours."""

    status, rc = 503, "SignInProviderAway"

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "10"


class SignInCodeInvalid(HordeError):
    """This code of a sign-in is wrong, was used before, or is too old: sign in anew."""

    status, rc = 404, "SignInCodeInvalid"
