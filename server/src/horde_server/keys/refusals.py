"""Why keys are not made or changed (keys.md §1–§3)."""

from __future__ import annotations

from horde_server.errors import HordeError


class AnonHasNoKeys(HordeError):
    """Everybody has the anonymous account: make one of your own to have keys."""

    status, rc = 403, "AnonForbidden"


class KeyNotFound(HordeError):
    """You have no such key: GET /keys lists those that you have."""

    status, rc = 404, "KeyNotFound"


class TooManyKeys(HordeError):
    """You have as many keys as an account may have: revoke one that you do not use."""

    status, rc = 403, "TooManyKeys"


class KeyGrantsTooMuch(HordeError):
    """The key that you use is limited, and gives no other key more than it has: use one without limits."""

    status, rc = 403, "KeyGrantsTooMuch"


class FullKeyNotLimited(HordeError):
    """A key for everything could make another without limits: give a key with a budget or models other scopes."""

    rc = "FullKeyNotLimited"


class LastFullKey(HordeError):
    """This is your last key for everything, without which you could make no other: rotate it instead."""

    rc = "LastFullKey"


class NoKeyModSelected(HordeError):
    """Name at least one field to change."""

    rc = "NoKeyModSelected"


class TooManySharedKeys(HordeError):
    """You have as many shared keys as your account may have: delete one that nobody uses."""

    status, rc = 403, "Forbidden"


class NotYourSharedKey(HordeError):
    """Only its owner may change or delete a shared key."""

    status, rc = 403, "Forbidden"


class NoSharedKeyModSelected(HordeError):
    """Name at least one field to change."""

    rc = "NoSharedKeyModSelected"
