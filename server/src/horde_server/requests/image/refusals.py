"""Why an image request is refused; each class's docstring is its sentence (basics.md §11)."""

from __future__ import annotations

from horde_server.errors import HordeError


class InvalidPromptSize(HordeError):
    """The prompt is too long: at most 7500 words and 100,000 characters."""

    rc = "InvalidPromptSize"


class TooManyExtraSourceImages(HordeError):
    """A request has at most 5 extra source images."""

    rc = "TooManyExtraSourceImages."


class MoreThanMinExtraSourceImage(HordeError):
    """Only trusted accounts may send more than one extra source image."""

    rc = "MoreThanMinExtraSourceImage."


class InvalidExtraSourceImages(HordeError):
    """Extra source images are for source_processing `remix` only."""

    rc = "InvalidExtraSourceImages."


class HiResMismatch(HordeError):
    """hires_fix does not fit Flux, Qwen and Z-Image models: leave it out, or name other models."""

    rc = "HiResMismatch"


class TooManyLoras(HordeError):
    """A request has at most 5 LoRAs."""

    rc = "TooManyLoras"


class BadLoraVersion(HordeError):
    """A LoRA with is_version is named by the number of its version: digits only."""

    rc = "BadLoraVersion"


class TooManyTIs(HordeError):
    """A request has at most 20 textual inversions."""

    rc = "TooManyTIs"


class InvalidTransparencyModel(HordeError):
    """Transparent images need Stable Diffusion 1 or SDXL models."""

    rc = "InvalidTransparencyModel"


class InvalidTransparencyImg2Img(HordeError):
    """Transparent images cannot be made from extra source images."""

    rc = "InvalidTransparencyImg2Img"


class InvalidTransparencyCN(HordeError):
    """Transparent images cannot be made with a ControlNet."""

    rc = "InvalidTransparencyCN"


class QrCodeModelMismatch(HordeError):
    """The workflow qr_code needs Stable Diffusion 1 or SDXL models."""

    rc = "ControlNetMismatch."


class UnexpectedModelName(HordeError):
    """A post-processor or ControlNet is no model: put it where it belongs, and name a model."""

    rc = "UnexpectedModelName"


class TooManyUpscalers(HordeError):
    """At most one upscaler among post_processing."""

    rc = "TooManyUpscalers"


class BadCFGDecimals(HordeError):
    """cfg_scale has at most two decimals."""

    rc = "BadCFGDecimals"


class SpecialModelNeedsSpecialUser(HordeError):
    """This model serves special accounts only: name another one."""

    status, rc = 403, "SpecialModelNeedsSpecialUser"


class SpecialMissingUsername(HordeError):
    """A special model is named with its owner's alias: name::alias."""

    rc = "SpecialMissingUsername"


class SpecialForbidden(HordeError):
    """This special model belongs to another account."""

    status, rc = 403, "SpecialForbidden"


class SpecialMissingPayload(HordeError):
    """A special model needs `params.special`."""

    rc = "SpecialMissingPayload"


class SpecialFieldNeedsSpecialUser(HordeError):
    """Only special accounts may send `params.special`."""

    rc = "SpecialFieldNeedsSpecialUser"


class SourceMaskUnnecessary(HordeError):
    """A mask needs a source image."""

    rc = "SourceMaskUnnecessary"


class ControlNetUnsupported(HordeError):
    """This ControlNet does not exist for the models asked for: use another control_type, or other models."""

    rc = "ControlNetUnsupported"


class ControlNetSourceMissing(HordeError):
    """control_type needs a source image."""

    rc = "ControlNetSourceMissing"


class ControlNetInpaintingMismatch(HordeError):
    """control_type cannot be combined with inpainting."""

    rc = "ControlNetInpaintingMismatch"


class ControlNetMismatch(HordeError):
    """control_type does not fit SDXL, Cascade, Flux, Qwen and Z-Image models: name other models."""

    rc = "ControlNetMismatch"


class ControlNetInvalidPayload(HordeError):
    """A source image that is a control map already cannot be asked back as one: drop one of the two flags."""

    rc = "ControlNetInvalidPayload"


class InvalidRemix(HordeError):
    """source_processing `remix` needs Stable Cascade models."""

    rc = "InvalidRemix"


class InvalidExtraTexts(HordeError):
    """extra_texts are for the workflow qr_code only."""

    rc = "InvalidExtraTexts."


class MissingExtraTexts(HordeError):
    """The workflow qr_code needs an extra text with the reference `qr_code`."""

    rc = "MissingExtraTexts."


class SourceImageRequiredForModel(HordeError):
    """This model works on a source image only: send one, or name another model."""

    rc = "SourceImageRequiredForModel"
