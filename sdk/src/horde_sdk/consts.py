"""Words and numbers shared by all parts: keys, HTTP verbs and statuses, backends and services."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from horde_sdk._text_enum import TextEnum
from horde_sdk.service_names import KNOWN_SERVICE as KNOWN_SERVICE

if TYPE_CHECKING:
    from pydantic import ConfigDict

    from horde_sdk.services import (
        AIHordeServiceInfo as AIHordeServiceInfo,
        CivitAIServiceInfo as CivitAIServiceInfo,
        CustomUnpublishedServiceInfo as CustomUnpublishedServiceInfo,
        ServiceInfo as ServiceInfo,
        UnknownServiceInfo as UnknownServiceInfo,
        get_known_service_info as get_known_service_info,
        register_known_service_info as register_known_service_info,
    )

ID_TYPES: TypeAlias = str | UUID
"""What identifies jobs and results."""

ANON_API_KEY = "0000000000"
"""The key of the account that everybody shares."""

API_KEY_LENGTH = 22
"""Characters of a registered key; published clients refuse any other."""

SHARED_KEY_LENGTH = 36
"""Characters of a shared key, which is a UUID."""

_ANONYMOUS_MODEL = "_ANONYMOUS_MODEL"
_OVERLOADED_MODEL = "_OVERLOADED_MODEL"


class HTTPMethod(TextEnum):
    """The verbs of HTTP."""

    GET = auto()
    POST = auto()
    PUT = auto()
    DELETE = auto()
    PATCH = auto()
    OPTIONS = auto()
    HEAD = auto()
    TRACE = auto()
    CONNECT = auto()


PAYLOAD_HTTP_METHODS = {HTTPMethod.POST, HTTPMethod.PUT, HTTPMethod.PATCH}
"""Verbs whose requests carry a body."""


class HTTPStatusCode(IntEnum):
    """The HTTP statuses that the API uses."""

    OK = 200
    CREATED = 201
    ACCEPTED = 202
    NO_CONTENT = 204
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    NOT_ACCEPTABLE = 406
    REQUEST_TIMEOUT = 408
    CONFLICT = 409
    GONE = 410
    LENGTH_REQUIRED = 411
    CONTENT_TOO_LARGE = 413
    URI_TOO_LONG = 414
    UNSUPPORTED_MEDIA_TYPE = 415
    UNPROCESSABLE_ENTITY = 422
    TOO_MANY_REQUESTS = 429
    REQUEST_HEADER_FIELDS_TOO_LARGE = 431
    INTERNAL_SERVER_ERROR = 500
    NOT_IMPLEMENTED = 501
    BAD_GATEWAY = 502
    SERVICE_UNAVAILABLE = 503
    GATEWAY_TIMEOUT = 504


def is_success_status_code(status_code: HTTPStatusCode | int) -> bool:
    """Tell whether a status says that the request worked (200 to 299)."""
    return 200 <= status_code <= 299


def is_error_status_code(status_code: HTTPStatusCode | int) -> bool:
    """Tell whether a status says that the request failed (400 to 599)."""
    return 400 <= status_code <= 599


def get_all_success_status_codes() -> list[HTTPStatusCode]:
    """Return the known statuses between 200 and 299."""
    return [code for code in HTTPStatusCode if is_success_status_code(code)]


def get_all_error_status_codes() -> list[HTTPStatusCode]:
    """Return the known statuses between 400 and 599."""
    return [code for code in HTTPStatusCode if is_error_status_code(code)]


class WORKER_TYPE(TextEnum):
    """Kinds of worker."""

    image = auto()
    text = auto()
    interrogation = auto()
    alchemist = "interrogation"
    video = auto()
    audio = auto()


class KNOWN_ALCHEMY_BACKEND(TextEnum):
    """Programs that do alchemy."""

    UNKNOWN = auto()
    CUSTOM_UNPUBLISHED = auto()
    HORDE_ALCHEMIST = auto()


class KNOWN_INFERENCE_BACKEND(TextEnum):
    """Programs that generate."""

    UNKNOWN = auto()
    IN_MODEL_NAME = auto()
    CUSTOM_UNPUBLISHED = auto()
    COMFYUI = auto()
    A1111 = auto()
    HORDE_ALCHEMIST = auto()
    KOBOLD_CPP = auto()
    APHRODITE = auto()


class KNOWN_DISPATCH_SOURCE(TextEnum):
    """Where a job came from."""

    UNKNOWN = auto()
    LOCAL_CUSTOM_3RD_PARTY = auto()
    AI_HORDE_API_OFFICIAL = auto()
    AI_HORDE_API_FORK = auto()


class KNOWN_NSFW_DETECTOR(TextEnum):
    """Detectors of unsafe images."""

    BACKEND_DEFAULT = auto()
    HORDE_SAFETY = auto()
    COMPVIS_SAFETY_CHECKER = auto()


def get_default_frozen_model_config_dict() -> ConfigDict:
    """Return the pydantic settings of every wire model: read-only, unknown fields kept, described by docstrings.

    This library's own models leave the last out: reading their sources would double the time of the import.
    """
    from horde_sdk._model_config import frozen_model_config

    return {**frozen_model_config(), "use_attribute_docstrings": True}


def __getattr__(name: str) -> object:
    """Services are pydantic models: loaded when asked for, since this module is light."""
    if name in _OF_SERVICES:
        from horde_sdk import services

        return getattr(services, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_OF_SERVICES = frozenset(
    {
        "AIHordeServiceInfo",
        "CivitAIServiceInfo",
        "CustomUnpublishedServiceInfo",
        "ServiceInfo",
        "UnknownServiceInfo",
        "get_known_service_info",
        "register_known_service_info",
    }
)
