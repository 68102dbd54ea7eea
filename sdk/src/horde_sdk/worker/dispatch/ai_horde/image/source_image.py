"""Source images of a job: whether they are there, and what is done where they are not."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import ExtraSourceImageEntry, GenMetadataEntry
from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopResponse
from horde_sdk.ai_horde_api.consts import METADATA_TYPE, METADATA_VALUE
from horde_sdk.ai_horde_api.image_downloads import is_url
from horde_sdk.generation_parameters.image.components import RemixImageEntry
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SOURCE_PROCESSING
from horde_sdk.utils.image_base64 import base64_str_to_bytes

SOURCE_IMAGE_REQUIRING_PROCESSING = frozenset(
    {
        KNOWN_IMAGE_SOURCE_PROCESSING.img2img,
        KNOWN_IMAGE_SOURCE_PROCESSING.inpainting,
        KNOWN_IMAGE_SOURCE_PROCESSING.outpainting,
        KNOWN_IMAGE_SOURCE_PROCESSING.remix,
    }
)
"""What cannot be done without an image."""


class SourceImages:
    """The images of one job, decoded, and what was wrong with them.

    A broken image is no fault of the job: it goes on without, and tells the requester by metadata.

    Attributes:
        image: The source image's bytes.
        mask: The mask's bytes.
        processing: What is done with them; `txt2img` where an image is needed and none can be used.
        faults: What could not be used, as metadata to submit.
    """

    def __init__(self, api_response: ImageGenerateJobPopResponse) -> None:
        """Decode what is needed and the answer holds or has downloaded; nothing is fetched here."""
        self.faults: list[GenMetadataEntry] = []
        self.image: bytes | None = None
        self.mask: bytes | None = None
        self.processing = KNOWN_IMAGE_SOURCE_PROCESSING.known_or_text(api_response.source_processing)
        starts_from_image = self.processing in SOURCE_IMAGE_REQUIRING_PROCESSING
        if starts_from_image or api_response.payload.control_type:
            self.image = self._read(
                METADATA_TYPE.source_image, api_response.source_image, api_response.get_downloaded_source_image()
            )
        if starts_from_image and self.image is None:
            self.processing = KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
            self.note_missing(METADATA_TYPE.source_image)
        elif starts_from_image:
            self.mask = self._read(
                METADATA_TYPE.source_mask, api_response.source_mask, api_response.get_downloaded_source_mask()
            )

    def note_missing(self, kind: METADATA_TYPE) -> None:
        """Note that an image is needed and none can be used, unless it is known already why."""
        if not any(fault.type_ == kind for fault in self.faults):
            self._note(kind, METADATA_VALUE.parse_failed)

    def read_extra(self, api_response: ImageGenerateJobPopResponse) -> list[RemixImageEntry]:
        """Return the further images, in order, without those that cannot be used."""
        fetched = {entry.original_url: entry for entry in api_response.get_downloaded_extra_source_images() or ()}
        images = []
        for place, entry in enumerate(api_response.extra_source_images or ()):
            content = self._read_extra(place, fetched.get(entry.image, entry))
            if content is not None:
                images.append(RemixImageEntry(image=content, strength=entry.strength))
        return images

    def _read_extra(self, place: int, entry: ExtraSourceImageEntry) -> bytes | None:
        found = None if is_url(entry.image) else entry.image
        return self._read(METADATA_TYPE.extra_source_images, entry.image, found, ref=str(place))

    def _read(
        self, kind: METADATA_TYPE, sent: str | None, found: str | None, *, ref: str | None = None
    ) -> bytes | None:
        if sent is None:
            return None
        if found is None:
            self._note(kind, METADATA_VALUE.download_failed, ref or kind)
            return None
        content = base64_str_to_bytes(found) or None
        if content is None:
            self._note(kind, METADATA_VALUE.parse_failed, ref)
        return content

    def _note(self, kind: METADATA_TYPE, value: METADATA_VALUE, ref: str | None = None) -> None:
        self.faults.append(GenMetadataEntry(type=kind, value=value, ref=ref))


def job_requires_source_image_input(api_response: ImageGenerateJobPopResponse) -> bool:
    """Tell whether a job starts from an image, and has it."""
    return resolve_effective_source_processing(api_response) in SOURCE_IMAGE_REQUIRING_PROCESSING


def resolve_effective_source_processing(
    api_response: ImageGenerateJobPopResponse,
) -> str | KNOWN_IMAGE_SOURCE_PROCESSING:
    """Return what is done with the source image; `txt2img` where one is needed and none is there.

    An image that was sent as URL is there once `async_download_source_image` has fetched it. Nothing is decoded here:
    that an image is empty or broken comes out when the job is converted, which then goes on without it.
    """
    processing = KNOWN_IMAGE_SOURCE_PROCESSING.known_or_text(api_response.source_processing)
    is_there = api_response.source_image is not None and api_response.get_downloaded_source_image() is not None
    if processing in SOURCE_IMAGE_REQUIRING_PROCESSING and not is_there:
        return KNOWN_IMAGE_SOURCE_PROCESSING.txt2img
    return processing
