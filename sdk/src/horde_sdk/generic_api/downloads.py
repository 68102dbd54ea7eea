"""Answers that point to files which belong to them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from horde_sdk.generic_api.api_objects import HordeAPIData

if TYPE_CHECKING:
    import aiohttp


class ResponseRequiringDownloadMixin(HordeAPIData):
    """An answer that points to files which belong to it."""

    _downloaded: dict[str, Any] = PrivateAttr(default_factory=dict)
    _asked_url: str | None = PrivateAttr(default=None)
    """Where the answer came from: files may lie on that host, wherever it is."""

    async def download_file_as_base64(self, client_session: aiohttp.ClientSession, url: str) -> str:
        """Fetch `url` and return its bytes as base64.

        Raises:
            aiohttp.ClientError: It could not be fetched, is too large, or comes too slowly.
            TimeoutError: Nothing came.
        """
        from horde_sdk.generic_api.named_downloads import fetch_named

        return base64.b64encode(await fetch_named(url, client_session, own_url=self._own_url())).decode()

    def note_origin(self, url: str) -> None:
        """Take note of where the answer came from."""
        self._asked_url = url

    def _own_url(self) -> str | None:
        """Return the service whose files may lie in a private network, as it may itself; `None` where unknown."""
        return self._asked_url

    async def download_file_to_field_as_base64(
        self,
        client_session: aiohttp.ClientSession,
        url: str,
        field_name: str,
    ) -> None:
        """Fetch `url` and keep it as the downloaded `field_name`."""
        self._downloaded[field_name] = await self.download_file_as_base64(client_session, url)

    async def async_download_additional_data(self, client_session: aiohttp.ClientSession) -> None:
        """Fetch everything that belongs to this answer."""

    def download_additional_data(self) -> None:
        """Not offered: use `async_download_additional_data`."""
        raise NotImplementedError("use async_download_additional_data()")
