"""What who signed in is told (registration.md §5.6)."""

from __future__ import annotations

from horde_server.registration.answers import RegisteredUser


class SignedInUser(RegisteredUser):
    """The account, with a key that ends by itself and is shown only now."""

    is_new: bool
    expires_at: str
