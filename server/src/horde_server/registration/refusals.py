"""Why nobody is registered, in words that say what to do."""

from __future__ import annotations

import math

from horde_server.errors import HordeError


class RegistrationClosed(HordeError):
    """This horde takes no new users by itself: ask its operator for an account."""

    status, rc = 403, "RegistrationClosed"


class RegistrationPaused(HordeError):
    """This horde takes no unknown users for the moment, as it is under attack: sign in by a provider, or come later."""

    status, rc = 403, "RegistrationPaused"


class InvitationNeeded(HordeError):
    """This horde takes new users by invitation only: ask its moderators for one, and send its code as `invitation`."""

    status, rc = 403, "InvitationNeeded"


class InvitationInvalid(HordeError):
    """This invitation cannot be used (any more): check how it is written, or ask for a new one."""

    status, rc = 403, "InvitationInvalid"


class RegistrationRefused(HordeError):
    """A moderator of this horde has refused this account."""

    status, rc = 403, "RegistrationRefused"


class TooManyRegistrations(HordeError):
    """Too many accounts were made from your network lately: please wait."""

    status, rc = 429, "TooManyRegistrations"

    def __init__(self, left_s: float = 60) -> None:
        wait_s = max(math.ceil(left_s), 1)
        super().__init__(f"Too many accounts were made from your network lately: come again in {wait_s} seconds.")
        self.headers["Retry-After"] = str(wait_s)
