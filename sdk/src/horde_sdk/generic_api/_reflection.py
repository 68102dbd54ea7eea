"""Finding classes by looking at packages."""

from __future__ import annotations

import inspect
from importlib import import_module

from horde_sdk.generic_api.apimodels import HordeRequest


def get_all_request_types(package_name: str) -> list[type[HordeRequest]]:
    """Return every request class that a package or module exports, by name; lazy exports are loaded.

    Bases that cannot be sent, because a part of the protocol is missing, are left out.

    Args:
        package_name: Dotted path, such as `horde_sdk.ai_horde_api.apimodels`.

    Raises:
        ImportError: There is no such package.
    """
    package = import_module(package_name)
    names = sorted({*dir(package), *getattr(package, "__all__", ())})
    found = (getattr(package, name, None) for name in names)
    requests = {
        member
        for member in found
        if isinstance(member, type) and issubclass(member, HordeRequest) and _can_be_sent(member)
    }
    return sorted(requests, key=lambda request: request.__name__)


def _can_be_sent(request: type[HordeRequest]) -> bool:
    return not inspect.isabstract(request) and hasattr(request, "_method") and hasattr(request, "_endpoint")
