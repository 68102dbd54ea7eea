"""The providers of a horde: what the operator says of them, completed by what is known of the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from horde_sdk.public_addresses import is_public
from horde_sdk.reach import Reach
from horde_server.blobs.guard import ANYWHERE
from horde_server.sign_in_providers import SignInProvider

INTERNET: Final = Reach(is_public)
"""Where a provider's addresses lead: to the internet, on any port."""


@dataclass(frozen=True, slots=True)
class OAuth2:
    """The addresses of a provider that speaks no OpenID Connect: who it is, is asked of `user_url`."""

    authorization_url: str
    token_url: str
    user_url: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A service whose users may sign in here."""

    name: str
    title: str
    prefix: str
    """What the ids of its users begin with here."""
    client_id: str
    client_secret: str
    scope: str
    speaks: OAuth2 | str
    """Its addresses, or the issuer of OpenID Connect, which tells them."""
    reach: Reach

    def told(self) -> dict[str, str]:
        """What pages show of it."""
        return {"name": self.name, "title": self.title, "path": f"/sign-in/{self.name}"}


_GOOGLE: Final = "https://accounts.google.com"
_OAUTH2: Final = {
    "github": OAuth2(
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
    ),
    "discord": OAuth2(
        "https://discord.com/oauth2/authorize",
        "https://discord.com/api/oauth2/token",
        "https://discord.com/api/users/@me",
    ),
}
_TITLES: Final = {"google": "Google", "github": "GitHub", "discord": "Discord"}
_PREFIXES: Final = {"google": "g_", "github": "gh_", "discord": "d_"}
"""As the original has them, so that its users are the same here."""
_SCOPES: Final = {"github": "read:user", "discord": "identify"}


def providers_of(wanted: Iterable[SignInProvider]) -> Mapping[str, Provider]:
    """The providers by name, complete. Raises `OSError` where the file of a secret cannot be read."""
    return {each.name: _completed(each) for each in wanted}


def _completed(wanted: SignInProvider) -> Provider:
    speaks: OAuth2 | str | None = wanted.issuer
    if wanted.authorization_url and wanted.token_url and wanted.user_url:
        speaks = OAuth2(wanted.authorization_url, wanted.token_url, wanted.user_url)
    if speaks is None:
        speaks = _OAUTH2.get(wanted.name, _GOOGLE)
    usual_scope = "openid" if isinstance(speaks, str) else ""
    return Provider(
        name=wanted.name,
        title=wanted.title or _TITLES.get(wanted.name, wanted.name),
        prefix=_PREFIXES.get(wanted.name, f"oidc_{wanted.name}_"),
        client_id=wanted.client_id,
        client_secret=wanted.secret,
        scope=wanted.scope or _SCOPES.get(wanted.name, usual_scope),
        speaks=speaks,
        reach=ANYWHERE if wanted.private_network else INTERNET,
    )
