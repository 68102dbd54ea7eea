"""The checks of an image order that need nobody but itself and who asks (requests.md §3).

In two halves, as checks of the horde stand between them in the API's order.
"""

from __future__ import annotations

from collections.abc import Iterable

from horde_server.dispatch.refusal import SPECIAL_MODEL
from horde_server.errors import HordeError
from horde_server.identity.directory import Account
from horde_server.models.catalogue import baseline, is_controlnet
from horde_server.requests.asked import NO_PICTURES, GivenPictures
from horde_server.requests.image import refusals
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.vocabulary import POST_PROCESSORS, UPSCALERS

MAX_PROMPT_WORDS = 7500
MAX_PROMPT_CHARACTERS = 100_000
"""Not the original's: it takes any word length, so one request could fill every worker's memory."""
MAX_EXTRA_SOURCE_IMAGES = 5
MAX_LORAS = 5
MAX_TIS = 20

_SD1, _SDXL, _CASCADE = "stable diffusion 1", "stable_diffusion_xl", "stable_cascade"
_WITHOUT_HIRES_FIX = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
_WITHOUT_CONTROLNET = (_SDXL, _CASCADE, *sorted(_WITHOUT_HIRES_FIX))
_NOT_FOR_SD2 = frozenset({"normal", "mlsd", "hough"})
_ONLY_WITH_SOURCE_IMAGE = frozenset({"pix2pix", "Stable Diffusion 2 Depth"})


def check_extra_source_images(pictures: GivenPictures, account: Account) -> None:
    """Few pictures for a remix, and more than one for trusted accounts only."""
    if len(pictures.extra) > MAX_EXTRA_SOURCE_IMAGES:
        raise refusals.TooManyExtraSourceImages
    if len(pictures.extra) > 1 and not account.trusted:
        raise refusals.MoreThanMinExtraSourceImage


def check_wishes(order: ImageOrder, pictures: GivenPictures, account: Account) -> None:
    """What is wished for must fit together; of what does not the first is raised, in the API's order."""
    baselines = frozenset(map(baseline, order.models))
    _check_additions(order, baselines)
    if len(order.prompt) > MAX_PROMPT_CHARACTERS or len(order.prompt.split(None, MAX_PROMPT_WORDS)) > MAX_PROMPT_WORDS:
        raise refusals.InvalidPromptSize
    if not POST_PROCESSORS.isdisjoint(order.models):
        raise refusals.UnexpectedModelName
    if len(UPSCALERS.intersection(order.post_processing)) > 1:
        raise refusals.TooManyUpscalers
    if round(order.cfg_scale, 2) != order.cfg_scale:
        raise refusals.BadCFGDecimals
    _check_special(order, account)
    _check_sources(order, pictures, baselines)


def goes_together(order: ImageOrder) -> bool:
    """Whether the wishes of an order that was taken still fit together when some are given up."""
    sources = order.sources
    pictures = NO_PICTURES
    if sources is not None:
        extra = tuple((each.key, each.strength) for each in sources.extra)
        pictures = GivenPictures(image=sources.image or "", mask=sources.mask or "", extra=extra)
    baselines = frozenset(map(baseline, order.models))
    try:
        _check_additions(order, baselines)
        _check_sources(order, pictures, baselines)
    except HordeError:
        return False
    return True


def _check_additions(order: ImageOrder, baselines: frozenset[str]) -> None:
    """What is added to the plain image must fit the models."""
    if order.hires_fix and baselines & _WITHOUT_HIRES_FIX:
        raise refusals.HiResMismatch
    if len(order.loras) > MAX_LORAS:
        raise refusals.TooManyLoras
    if any(lora.is_version and not (lora.name.isascii() and lora.name.isdigit()) for lora in order.loras):
        raise refusals.BadLoraVersion
    if len(order.tis) > MAX_TIS:
        raise refusals.TooManyTIs
    if order.transparent and baselines - {_SDXL, _SD1}:
        raise refusals.InvalidTransparencyModel
    if order.workflow is not None and baselines - {_SDXL, _SD1}:
        raise refusals.QrCodeModelMismatch


def _check_special(order: ImageOrder, account: Account) -> None:
    """Models and parameters that only special accounts may use, each its own."""
    for model in _special(order.models):
        if not account.special:
            raise refusals.SpecialModelNeedsSpecialUser
        _, mark, alias = model.partition("::")
        if not mark:
            raise refusals.SpecialMissingUsername
        if alias != account.alias:
            raise refusals.SpecialForbidden
        if not order.special:
            raise refusals.SpecialMissingPayload
    if order.special and not account.special:
        raise refusals.SpecialFieldNeedsSpecialUser


def _special(models: Iterable[str]) -> list[str]:
    return [model for model in models if SPECIAL_MODEL in model]


def _check_sources(order: ImageOrder, pictures: GivenPictures, baselines: frozenset[str]) -> None:
    """Source image, mask, ControlNet, remix and workflow (requests.md §4)."""
    if pictures.mask and not pictures.image:
        raise refusals.SourceMaskUnnecessary
    if order.control_type is not None:
        _check_control(order, pictures, baselines)
    if order.transparent and pictures.extra:
        raise refusals.InvalidTransparencyImg2Img
    if order.transparent and order.control_type is not None:
        raise refusals.InvalidTransparencyCN
    if order.source_processing == "remix" and baselines - {_CASCADE}:
        raise refusals.InvalidRemix
    if pictures.extra and order.source_processing != "remix":
        raise refusals.InvalidExtraSourceImages
    if order.extra_texts and order.workflow is None:
        raise refusals.InvalidExtraTexts
    if order.workflow is not None and not any(text.reference == "qr_code" for text in order.extra_texts):
        raise refusals.MissingExtraTexts
    if order.image_is_control and order.return_control_map:
        raise refusals.ControlNetInvalidPayload
    if not pictures.image:
        if not _ONLY_WITH_SOURCE_IMAGE.isdisjoint(order.models):
            raise refusals.SourceImageRequiredForModel
        if any(map(is_controlnet, order.models)):
            raise refusals.UnexpectedModelName


def _check_control(order: ImageOrder, pictures: GivenPictures, baselines: frozenset[str]) -> None:
    if order.control_type in _NOT_FOR_SD2 and any(name.startswith("stable diffusion 2") for name in baselines):
        raise refusals.ControlNetUnsupported
    if "pix2pix" in order.models:
        raise refusals.ControlNetUnsupported
    if not pictures.image:
        raise refusals.ControlNetSourceMissing
    if order.source_processing == "inpainting":
        raise refusals.ControlNetInpaintingMismatch
    if any(name.startswith(_WITHOUT_CONTROLNET) for name in baselines):
        raise refusals.ControlNetMismatch
