"""What those are told who come by themselves (registration.md §1, §2)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class RegisteredUser(Answer):
    """An account just made. The key is shown only now."""

    id: int
    username: str
    alias: str
    api_key: str
    approved: bool = Field(description="Whether it may ask and serve already, or waits for a moderator.")


class SignInWay(Answer):
    """A provider by whom somebody may sign in."""

    name: str
    title: str
    path: str = Field(description="Where a browser begins.")


class RegistrationTerms(Answer):
    """Which ways to an account are open, and what a name may be."""

    mode: str
    pseudonymous: bool = Field(
        description="Whether a name alone is enough now (with an invitation, where it is needed)."
    )
    why_not: str = Field(description="Why it is not, else empty.")
    invitation_needed: bool
    approval_needed: bool
    username_least: int
    username_most: int
    per_hour: int = Field(description="Accounts from one household in an hour without an invitation; 0: any number.")
    per_day: int
    providers: list[SignInWay]
