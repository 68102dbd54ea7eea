"""The options that every backend over HTTP has: where the server is, how one gets in, what its models are called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings

COMMON: Final = ("url", "api_key", "user", "password", "models", "slots")
MAX_SLOTS: Final = 50
MAX_MODELS: Final = 1000
_FROM_ENVIRONMENT: Final = "env:"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Read from a backend's settings. `models` are names in the horde and what each is called at the server."""

    url: str
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    slots: int | None = None
    """How many jobs at a time; None: what the server says, or one."""

    @classmethod
    def read(cls, settings: BackendSettings, *, default_url: str, also: tuple[str, ...] = ()) -> ServerOptions:
        """The options, checked; `also` are the backend's own. Raises `BackendFailure` and says what is wrong."""
        settings.check_known(*COMMON, *also)
        url = text_option(settings, "url") or default_url
        if not url.startswith(("http://", "https://")):
            raise BackendFailure(f"the url of {settings.name} begins with http:// or https://, not {url[:40]!r}")
        user, password = text_option(settings, "user"), text_option(settings, "password")
        if password and not user:
            raise BackendFailure(f"{settings.name} has a password and no user")
        return cls(
            url=url,
            api_key=text_option(settings, "api_key"),
            user=user,
            password=password,
            models=_models(settings),
            slots=_slots(settings),
        )

    def headers(self) -> dict[str, str]:
        """Who calls: by user and password where there are some, else by the key."""
        if self.user:
            return {"Authorization": aiohttp.encode_basic_auth(self.user, self.password)}
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}


def text_option(settings: BackendSettings, name: str) -> str:
    """A text among the options, or an empty one; `env:NAME` stands for what is in the environment, so that a file
    need not hold it. Raises `BackendFailure`."""
    value = settings.options.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BackendFailure(f"the option {name} of {settings.name} is a text")
    if not value.startswith(_FROM_ENVIRONMENT):
        return value
    variable = value.removeprefix(_FROM_ENVIRONMENT)
    if variable not in os.environ:
        raise BackendFailure(f"the option {name} of {settings.name} names the variable {variable}, which is not set")
    return os.environ[variable]


def _models(settings: BackendSettings) -> dict[str, str]:
    found = settings.options.get("models") or {}
    if not isinstance(found, Mapping) or len(found) > MAX_MODELS:
        raise BackendFailure(f"the option models of {settings.name} tells for each name in the horde the one here")
    if not all(isinstance(one, str) and one for pair in found.items() for one in pair):
        raise BackendFailure(f"the models of {settings.name} are names: of the horde, and of the server")
    return dict(found)


def _slots(settings: BackendSettings) -> int | None:
    found = settings.options.get("slots")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= MAX_SLOTS:
        raise BackendFailure(f"the option slots of {settings.name} is a number from 1 to {MAX_SLOTS}")
    return found
