"""Why a source image is not taken (requests.md §5.4)."""

from __future__ import annotations

from horde_server.errors import HordeError


class SourceRefused(HordeError):
    """A picture of the request cannot be used."""


class SourceImageResolutionExceeded(SourceRefused):
    """The image has too many pixels: at most 3072×3072."""

    rc = "SourceImageResolutionExceeded"


class SourceImageSizeExceeded(SourceRefused):
    """The image has too many bytes: at most 5000 KiB from an address, 20 MiB as base64."""

    rc = "SourceImageSizeExceeded"


class SourceImageUrlInvalid(SourceRefused):
    """What lies at the address is no image: it must lead to a WebP, PNG or JPEG file itself."""

    rc = "SourceImageUrlInvalid"


class SourceImageUnreadable(SourceRefused):
    """What lies at the address cannot be read as an image: it is empty or damaged."""

    rc = "SourceImageUnreadable"


class ImageValidationFailed(SourceRefused):
    """The image could not be read: send a WebP, PNG or JPEG file as base64."""

    rc = "ImageValidationFailed"


class AddressNotFetched(ImageValidationFailed):
    """Nothing could be fetched from the address within 5 seconds: it must be public, on port 80 or 443."""


class SourceImagesTooSlow(ImageValidationFailed):
    """The images could not be fetched and read within 15 seconds: try again, or send fewer or smaller ones."""


class InpaintingMissingMask(SourceRefused):
    """Inpainting needs a source_mask, or a source_image whose transparent parts are to be painted."""

    rc = "InpaintingMissingMask"
