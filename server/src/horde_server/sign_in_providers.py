"""What the operator says of a service whose users may sign in here: an item of `HORDE_SIGN_IN_PROVIDERS`."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, model_validator


class SignInProvider(BaseModel):
    """A service whose users may sign in here: OpenID Connect (`issuer`), or OAuth 2 with three addresses.

    `google`, `github` and `discord` need nothing but a client's id and secret.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")
    title: str = Field("", max_length=40)
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: SecretStr | None = None
    client_secret_file: FilePath | None = None
    issuer: str | None = Field(None, max_length=300)
    authorization_url: str | None = Field(None, max_length=500)
    token_url: str | None = Field(None, max_length=500)
    user_url: str | None = Field(None, max_length=500)
    scope: str | None = Field(None, max_length=200)
    private_network: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        """One secret, and addresses over https only (on this machine also without)."""
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError(f"{self.name}: give client_secret or client_secret_file")
        addresses = (self.authorization_url, self.token_url, self.user_url)
        if any(addresses) and not all(addresses):
            raise ValueError(f"{self.name}: authorization_url, token_url and user_url belong together")
        if self.name not in ("google", "github", "discord") and bool(self.issuer) == all(addresses):
            raise ValueError(f"{self.name}: give its issuer, or for OAuth 2 its three addresses")
        for address in filter(None, (self.issuer, *addresses)):
            if not is_secure(address):
                raise ValueError(f"{self.name}: {address} must begin with https://")
        return self

    @property
    def secret(self) -> str:
        """The client's secret; of a file its first line."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        assert self.client_secret_file is not None  # checked
        return self.client_secret_file.read_text(encoding="utf-8").partition("\n")[0].strip()


def is_secure(address: str) -> bool:
    """Whether nobody on the way reads along: over https, or on this machine."""
    url = urlsplit(address)
    return bool(url.hostname) and (
        url.scheme == "https" or (url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1"))
    )
