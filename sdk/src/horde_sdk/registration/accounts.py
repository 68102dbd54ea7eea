"""GET and POST /v2/register, POST /v2/sign-in: the ways to an account of one's own."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel, HordeResponseTypes
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.registration.paths import REGISTRATION_ENDPOINT_SUBPATH


class SignInWay(HordeAPIObjectBaseModel, api_name="SignInWay"):
    """A provider by whom somebody may sign in."""

    name: str
    """What the horde calls it."""
    title: str
    """What people call it."""
    path: str
    """Where a browser begins, on the horde."""


@Unhashable
@Unequatable
class RegistrationTermsResponse(HordeResponseBaseModel, api_name="RegistrationTerms"):
    """Which ways to an account are open: 200 of GET /v2/register."""

    mode: str
    """`open`, `invitation`, `approval` or `closed`."""
    pseudonymous: bool
    """Whether a name alone is enough now (with an invitation, where it is needed)."""
    why_not: str
    """Why it is not, else empty."""
    invitation_needed: bool
    """Whether nobody comes without an invitation."""
    approval_needed: bool
    """Whether a moderator must approve who comes without one."""
    username_least: int
    """Characters of a name, at least."""
    username_most: int
    """Characters of a name, at most."""
    per_hour: int
    """Accounts from one household in an hour; 0: any number."""
    per_day: int
    """Accounts from one household in a day; 0: any number."""
    providers: list[SignInWay]
    """By whom somebody may sign in."""


class RegistrationTermsRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_register
):
    """Ask which ways to an account are open: GET /v2/register."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RegistrationTermsResponse]:
        return RegistrationTermsResponse


@Unhashable
@Unequatable
class RegisteredUserResponse(HordeResponseBaseModel, api_name="RegisteredUser"):
    """An account just made: 201 of POST /v2/register."""

    id_: int = Field(alias="id")
    """Its number."""
    username: str
    """Its name."""
    alias: str
    """Its unique name, `name#number`."""
    api_key: str = Field(repr=False)
    """Its key, shown only now."""
    approved: bool
    """Whether it may ask and serve already, or waits for a moderator."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return {"api_key"}


@Unhashable
@Unequatable
class RegisterRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.POST,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_register,
    api_name="RegistrationInput",
):
    """Make an account: POST /v2/register."""

    username: str
    """What it is called: 3 to 30 characters."""
    invitation: str = Field(default="", repr=False)
    """The code of an invitation, where the horde needs one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RegisteredUserResponse]:
        return RegisteredUserResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.CREATED: RegisteredUserResponse}


@Unhashable
@Unequatable
class SignedInUserResponse(RegisteredUserResponse, api_name="SignedInUser"):
    """An account with a key that ends by itself: 200 of POST /v2/sign-in."""

    is_new: bool
    """Whether the account was made by this sign-in."""
    expires_at: datetime
    """When the key ends."""


@Unhashable
@Unequatable
class SignInRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.POST,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_sign_in,
    api_name="SignInInput",
):
    """Take the key for the code that a browser came back with: POST /v2/sign-in."""

    code: str = Field(repr=False)
    """The code."""
    verifier: str | None = Field(default=None, repr=False)
    """Whose S256 was the `challenge`, where the sign-in began with one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[SignedInUserResponse]:
        return SignedInUserResponse
