"""The paths of the endpoints for new users, below the base URL. Other AI Hordes lack them."""

from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class REGISTRATION_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths that OpenHorde has and other AI Hordes lack."""

    v2_register = "/v2/register"
    v2_sign_in = "/v2/sign-in"
    v2_invitations = "/v2/invitations"
    v2_invitations_single = "/v2/invitations/{invitation_id}"
    v2_operations_registrations = "/v2/operations/registrations"
    v2_operations_registrations_single = "/v2/operations/registrations/{user_id}"
