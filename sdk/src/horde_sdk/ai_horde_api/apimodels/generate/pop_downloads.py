"""Source images of a popped job: links are fetched and kept as base64."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from horde_sdk.ai_horde_api.apimodels.base import ExtraSourceImageEntry
from horde_sdk.ai_horde_api.endpoints import ai_horde_base_url
from horde_sdk.ai_horde_api.image_downloads import is_url
from horde_sdk.generic_api.downloads import ResponseRequiringDownloadMixin
from horde_sdk.horde_logging import logger

if TYPE_CHECKING:
    import aiohttp


class _DownloadsOfHordeMixin(ResponseRequiringDownloadMixin):
    """Lets files lie where the horde is: the one that answered, or else the environment's."""

    def _own_url(self) -> str:
        return super()._own_url() or ai_horde_base_url()


class SourceImagesDownloadMixin(_DownloadsOfHordeMixin):
    """Fetches `source_image` and `source_mask`."""

    def get_downloaded_source_image(self) -> str | None:
        """Return the source image as base64; `None` until it was fetched."""
        return self._fetched("source_image")

    def get_downloaded_source_mask(self) -> str | None:
        """Return the mask as base64; `None` until it was fetched."""
        return self._fetched("source_mask")

    @property
    def _downloaded_source_image(self) -> str | None:
        """What programs that fetch the image in their own way set, and published releases keep under this name."""
        return self._downloaded.get("source_image")

    @_downloaded_source_image.setter
    def _downloaded_source_image(self, image: str | None) -> None:
        self._downloaded["source_image"] = image

    @property
    def _downloaded_source_mask(self) -> str | None:
        """What programs that fetch the mask in their own way set."""
        return self._downloaded.get("source_mask")

    @_downloaded_source_mask.setter
    def _downloaded_source_mask(self, image: str | None) -> None:
        self._downloaded["source_mask"] = image

    def async_download_source_image(self, client_session: aiohttp.ClientSession) -> asyncio.Task[None]:
        """Start fetching the source image; the caller awaits the task."""
        return asyncio.create_task(self._fetch(client_session, "source_image"))

    def async_download_source_mask(self, client_session: aiohttp.ClientSession) -> asyncio.Task[None]:
        """Start fetching the mask; the caller awaits the task."""
        return asyncio.create_task(self._fetch(client_session, "source_mask"))

    async def async_download_additional_data(self, client_session: aiohttp.ClientSession) -> None:
        await asyncio.gather(
            self._fetch(client_session, "source_image"),
            self._fetch(client_session, "source_mask"),
            super().async_download_additional_data(client_session),
        )

    def _fetched(self, field_name: str) -> str | None:
        source: str | None = getattr(self, field_name)
        if source is not None and not is_url(source):
            return source
        found: str | None = self._downloaded.get(field_name)
        return found

    async def _fetch(self, client_session: aiohttp.ClientSession, field_name: str) -> None:
        source: str | None = getattr(self, field_name)
        if source is not None and is_url(source):
            await self.download_file_to_field_as_base64(client_session, source, field_name)


class ExtraSourceImageMixin(_DownloadsOfHordeMixin):
    """Fetches `extra_source_images`."""

    extra_source_images: list[ExtraSourceImageEntry] | None = None
    """Further images, for what uses several."""

    def get_downloaded_extra_source_images(self) -> list[ExtraSourceImageEntry] | None:
        """Return the further images as base64, in the order asked for, those left out that could not be fetched."""
        found: list[ExtraSourceImageEntry] | None = self._downloaded.get("extra_source_images")
        return found

    async def async_download_extra_source_images(
        self,
        client_session: aiohttp.ClientSession,
        *,
        max_retries: int = 5,
    ) -> list[ExtraSourceImageEntry] | None:
        """Fetch the further images and return copies that hold them as base64."""
        if self.extra_source_images is None:
            return None
        fetched = await asyncio.gather(
            *(self._fetch_entry(client_session, entry, max_retries) for entry in self.extra_source_images)
        )
        self._downloaded["extra_source_images"] = [entry for entry in fetched if entry is not None]
        return self.get_downloaded_extra_source_images()

    async def async_download_additional_data(self, client_session: aiohttp.ClientSession) -> None:
        await self.async_download_extra_source_images(client_session)

    async def _fetch_entry(
        self,
        client_session: aiohttp.ClientSession,
        entry: ExtraSourceImageEntry,
        max_retries: int,
    ) -> ExtraSourceImageEntry | None:
        import aiohttp

        if not is_url(entry.image):
            return entry
        for _ in range(max(1, max_retries)):
            try:
                image = await self.download_file_as_base64(client_session, entry.image)
            except (aiohttp.ClientError, TimeoutError) as error:
                logger.warning("extra source image could not be fetched: %s", type(error).__name__)
            else:
                return entry.model_copy(update={"image": image, "original_url": entry.image})
        return None
