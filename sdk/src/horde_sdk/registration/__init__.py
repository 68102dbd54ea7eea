"""New users of a horde: registering, signing in, and what its moderators do about them. OpenHorde only."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.registration.accounts import (
        RegisteredUserResponse as RegisteredUserResponse,
        RegisterRequest as RegisterRequest,
        RegistrationTermsRequest as RegistrationTermsRequest,
        RegistrationTermsResponse as RegistrationTermsResponse,
        SignedInUserResponse as SignedInUserResponse,
        SignInRequest as SignInRequest,
        SignInWay as SignInWay,
    )
    from horde_sdk.registration.approvals import (
        RegistrationDecisionRequest as RegistrationDecisionRequest,
        RegistrationDecisionResponse as RegistrationDecisionResponse,
        WaitingRegistration as WaitingRegistration,
        WaitingRegistrationsRequest as WaitingRegistrationsRequest,
        WaitingRegistrationsResponse as WaitingRegistrationsResponse,
    )
    from horde_sdk.registration.invitations import (
        InvitationCreateRequest as InvitationCreateRequest,
        InvitationDetails as InvitationDetails,
        InvitationRevokeRequest as InvitationRevokeRequest,
        InvitationRevokeResponse as InvitationRevokeResponse,
        InvitationsRequest as InvitationsRequest,
        InvitationsResponse as InvitationsResponse,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.registration.accounts": """
            RegisterRequest RegisteredUserResponse RegistrationTermsRequest RegistrationTermsResponse SignInRequest
            SignInWay SignedInUserResponse
        """,
        "horde_sdk.registration.approvals": """
            RegistrationDecisionRequest RegistrationDecisionResponse WaitingRegistration WaitingRegistrationsRequest
            WaitingRegistrationsResponse
        """,
        "horde_sdk.registration.invitations": """
            InvitationCreateRequest InvitationDetails InvitationRevokeRequest InvitationRevokeResponse
            InvitationsRequest InvitationsResponse
        """,
    },
)
