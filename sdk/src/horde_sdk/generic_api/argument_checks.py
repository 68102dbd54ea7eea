"""Checks of arguments before anything is sent: a request that the horde has taken costs kudos."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from horde_sdk.generic_api.wire import with_article


def require_request(request: object, kind: type) -> None:
    """Refuse what is not a request of a kind.

    Raises:
        TypeError: It is a dictionary, a class, a request of another kind, or no request at all.
    """
    if isinstance(request, kind):
        return
    if isinstance(request, Mapping):
        raise TypeError(f"This takes {with_article(kind)}, not a dict: make one with {kind.__name__}(**…).")
    if isinstance(request, type):
        raise TypeError(f"This takes {with_article(kind)}, not the class {request.__name__}: make one with its fields.")
    raise TypeError(f"This takes {with_article(kind)}, not {with_article(type(request))}.")


def require_response_type(expected: object) -> None:
    """Refuse what is not the class of an answer.

    Raises:
        TypeError: It is none.
    """
    if not (isinstance(expected, type) and issubclass(expected, BaseModel)):
        raise TypeError(
            "Say the class of the answer, for example request.get_default_success_response_type(), "
            f"not {expected if isinstance(expected, type) else with_article(type(expected))}."
        )


def require_seconds(value: object, name: str) -> None:
    """Refuse what is not a number of seconds.

    Raises:
        TypeError: It is no number, or not a finite one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{name} is a number of seconds, for example 30, not {value!r:.100}.")


def require_known_options(options: Iterable[str], known: Iterable[str], owner: str) -> None:
    """Refuse options that a client does not have: `api_key` for `apikey` would make its user anonymous.

    Raises:
        TypeError: There is one.
    """
    known = sorted(known)
    for name in options:
        if name not in known:
            from difflib import get_close_matches

            alike = get_close_matches(name, known, n=1, cutoff=0.6)
            advice = f"did you mean {alike[0]!r}?" if alike else f"there are {', '.join(known)}."
            raise TypeError(f"{owner} has no option {name!r}: {advice}")


def require_callable(callback: Any, name: str) -> None:
    """Refuse a callback that cannot be called.

    Raises:
        TypeError: It cannot.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"{name} is a function that takes one argument, not {with_article(type(callback))}.")


def require_session(session: Any) -> None:
    """Refuse what is not an HTTP session of aiohttp.

    Raises:
        TypeError: It is none.
    """
    # By what it can do, as that spares those who wrap one, and the import.
    if not callable(getattr(session, "request", None)) or isinstance(session, type):
        raise TypeError(f"aiohttp_session is an aiohttp.ClientSession(), not {with_article(type(session))}.")
