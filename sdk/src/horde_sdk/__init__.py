"""Talk to a horde: typed clients and wire models. Everything is imported when first used."""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports
from horde_sdk._mixed_installation import warn_if_mixed

if TYPE_CHECKING:
    from horde_sdk import (
        _version as _version,
        ai_horde_api as ai_horde_api,
        consts as consts,
        exceptions as exceptions,
        generation_parameters as generation_parameters,
        generic_api as generic_api,
        horde_logging as horde_logging,
        ratings_api as ratings_api,
        safety as safety,
        utils as utils,
        webhooks as webhooks,
        worker as worker,
    )
    from horde_sdk._version import __version__ as __version__
    from horde_sdk.client_agent import (
        create_bridge_agent_string as create_bridge_agent_string,
    )
    from horde_sdk.consts import (
        ANON_API_KEY as ANON_API_KEY,
        KNOWN_DISPATCH_SOURCE as KNOWN_DISPATCH_SOURCE,
        PAYLOAD_HTTP_METHODS as PAYLOAD_HTTP_METHODS,
        HTTPMethod as HTTPMethod,
        HTTPStatusCode as HTTPStatusCode,
        get_all_error_status_codes as get_all_error_status_codes,
        get_all_success_status_codes as get_all_success_status_codes,
        get_default_frozen_model_config_dict as get_default_frozen_model_config_dict,
        is_error_status_code as is_error_status_code,
        is_success_status_code as is_success_status_code,
    )
    from horde_sdk.exceptions import (
        HordeException as HordeException,
        HordeWarning as HordeWarning,
    )
    from horde_sdk.generic_api.apimodels import (
        APIKeyAllowedInRequestMixin as APIKeyAllowedInRequestMixin,
        ContainsMessageResponseMixin as ContainsMessageResponseMixin,
        HordeAPIData as HordeAPIData,
        HordeAPIMessage as HordeAPIMessage,
        HordeAPIObject as HordeAPIObject,
        HordeRequest as HordeRequest,
        MessageSpecifiesUserIDMixin as MessageSpecifiesUserIDMixin,
        RequestErrorResponse as RequestErrorResponse,
        RequestSpecifiesUserIDMixin as RequestSpecifiesUserIDMixin,
        RequestUsesWorkerMixin as RequestUsesWorkerMixin,
        ResponseRequiringFollowUpMixin as ResponseRequiringFollowUpMixin,
        ResponseWithProgressMixin as ResponseWithProgressMixin,
    )
    from horde_sdk.horde_logging import (
        COMPLETE_LOGGER_LABEL as COMPLETE_LOGGER_LABEL,
        PROGRESS_LOGGER_LABEL as PROGRESS_LOGGER_LABEL,
    )
    from horde_sdk.tls import (
        _async_client_exceptions as _async_client_exceptions,
        _default_sslcontext as _default_sslcontext,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk._version": ("__version__",),
        "horde_sdk.client_agent": ("create_bridge_agent_string",),
        "horde_sdk.consts": (
            "ANON_API_KEY",
            "HTTPMethod",
            "HTTPStatusCode",
            "KNOWN_DISPATCH_SOURCE",
            "PAYLOAD_HTTP_METHODS",
            "get_all_error_status_codes",
            "get_all_success_status_codes",
            "get_default_frozen_model_config_dict",
            "is_error_status_code",
            "is_success_status_code",
        ),
        "horde_sdk.exceptions": ("HordeException", "HordeWarning"),
        "horde_sdk.generic_api.apimodels": (
            "APIKeyAllowedInRequestMixin",
            "ContainsMessageResponseMixin",
            "HordeAPIData",
            "HordeAPIMessage",
            "HordeAPIObject",
            "HordeRequest",
            "MessageSpecifiesUserIDMixin",
            "RequestErrorResponse",
            "RequestSpecifiesUserIDMixin",
            "RequestUsesWorkerMixin",
            "ResponseRequiringFollowUpMixin",
            "ResponseWithProgressMixin",
        ),
        "horde_sdk.horde_logging": (
            "COMPLETE_LOGGER_LABEL",
            "PROGRESS_LOGGER_LABEL",
        ),
        "horde_sdk.tls": (
            "_async_client_exceptions",
            "_default_sslcontext",
        ),
    },
)

warn_if_mixed()
