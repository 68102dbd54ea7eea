"""The checks of an image request that need nobody but itself and who asks (requests.md §3.7–3.8, §3.15–3.25).

In two halves, as the order of the steps has checks of the horde between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from horde_server.dispatch.refusal import SPECIAL_MODEL
from horde_server.identity.directory import Account
from horde_server.models.catalogue import baseline, is_controlnet
from horde_server.requests.image import refusals
from horde_server.requests.image.schemas import GenerationParams, ImageRequest, PostProcessor

MAX_PROMPT_WORDS = 7500
MAX_PROMPT_CHARACTERS = 100_000
"""Not the original's: it takes any word length, so one request could fill every worker's memory."""
MAX_EXTRA_SOURCE_IMAGES = 5
MAX_LORAS = 5
MAX_TIS = 20

POST_PROCESSORS = frozenset(get_args(PostProcessor))
UPSCALERS = POST_PROCESSORS - {"GFPGAN", "GFPGANv1.3", "CodeFormers", "RestoreFormer", "strip_background"}

_SD1, _SDXL, _CASCADE = "stable diffusion 1", "stable_diffusion_xl", "stable_cascade"
_WITHOUT_HIRES_FIX = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
_WITHOUT_CONTROLNET = (_SDXL, _CASCADE, *sorted(_WITHOUT_HIRES_FIX))
_NOT_FOR_SD2 = frozenset({"normal", "mlsd", "hough"})
_ONLY_WITH_SOURCE_IMAGE = frozenset({"pix2pix", "Stable Diffusion 2 Depth"})


def check_extra_source_images(body: ImageRequest, account: Account) -> None:
    """At most five extra source images, and more than one from trusted accounts only (requests.md §3.7, §3.8)."""
    if len(body.extra_source_images) > MAX_EXTRA_SOURCE_IMAGES:
        raise refusals.TooManyExtraSourceImages
    if len(body.extra_source_images) > 1 and not account.trusted:
        raise refusals.MoreThanMinExtraSourceImage


def check_wishes(body: ImageRequest, account: Account) -> None:
    """Wishes that fit each other, the models and who asks (requests.md §3.15–3.25), in order: the first that fails."""
    params = body.params
    baselines = frozenset(map(baseline, body.models))
    _check_additions(params, baselines)
    if len(body.prompt) > MAX_PROMPT_CHARACTERS or len(body.prompt.split(None, MAX_PROMPT_WORDS)) > MAX_PROMPT_WORDS:
        raise refusals.InvalidPromptSize
    if not POST_PROCESSORS.isdisjoint(body.models):
        raise refusals.UnexpectedModelName
    if len(UPSCALERS.intersection(params.post_processing)) > 1:
        raise refusals.TooManyUpscalers
    if round(params.cfg_scale, 2) != params.cfg_scale:
        raise refusals.BadCFGDecimals
    _check_special(body.models, params, account)
    _check_sources(body, baselines)


def _check_additions(params: GenerationParams, baselines: frozenset[str]) -> None:
    """What is added to the plain image must fit the models (requests.md §3.15–3.19)."""
    if params.hires_fix and baselines & _WITHOUT_HIRES_FIX:
        raise refusals.HiResMismatch
    if len(params.loras) > MAX_LORAS:
        raise refusals.TooManyLoras
    if any(lora.is_version and not (lora.name.isascii() and lora.name.isdigit()) for lora in params.loras):
        raise refusals.BadLoraVersion
    if len(params.tis) > MAX_TIS:
        raise refusals.TooManyTIs
    if params.transparent and baselines - {_SDXL, _SD1}:
        raise refusals.InvalidTransparencyModel
    if has_workflow(params) and baselines - {_SDXL, _SD1}:
        raise refusals.QrCodeModelMismatch


def _check_special(models: Iterable[str], params: GenerationParams, account: Account) -> None:
    """Models and parameters of special accounts (requests.md §3.24)."""
    for model in models:
        if SPECIAL_MODEL not in model:
            continue
        if not account.special:
            raise refusals.SpecialModelNeedsSpecialUser
        _, mark, alias = model.partition("::")
        if not mark:
            raise refusals.SpecialMissingUsername
        if alias != account.alias:
            raise refusals.SpecialForbidden
        if not params.special:
            raise refusals.SpecialMissingPayload
    if params.special and not account.special:
        raise refusals.SpecialFieldNeedsSpecialUser


def _check_sources(body: ImageRequest, baselines: frozenset[str]) -> None:
    """Source image, mask, ControlNet, remix and workflow fit each other and the models (requests.md §4)."""
    params = body.params
    if body.source_mask and not body.source_image:
        raise refusals.SourceMaskUnnecessary
    if control_type(params) is not None:
        _check_control(body, baselines)
    if params.transparent and body.extra_source_images:
        raise refusals.InvalidTransparencyImg2Img
    if params.transparent and control_type(params) is not None:
        raise refusals.InvalidTransparencyCN
    if body.source_processing == "remix" and baselines - {_CASCADE}:
        raise refusals.InvalidRemix
    if body.extra_source_images and body.source_processing != "remix":
        raise refusals.InvalidExtraSourceImages
    if params.extra_texts and not has_workflow(params):
        raise refusals.InvalidExtraTexts
    if has_workflow(params) and not any(text.reference == "qr_code" for text in params.extra_texts):
        raise refusals.MissingExtraTexts
    if params.image_is_control and params.return_control_map:
        raise refusals.ControlNetInvalidPayload
    if not body.source_image:
        if not _ONLY_WITH_SOURCE_IMAGE.isdisjoint(body.models):
            raise refusals.SourceImageRequiredForModel
        if any(map(is_controlnet, body.models)):
            raise refusals.UnexpectedModelName


def _check_control(body: ImageRequest, baselines: frozenset[str]) -> None:
    if control_type(body.params) in _NOT_FOR_SD2 and any(name.startswith("stable diffusion 2") for name in baselines):
        raise refusals.ControlNetUnsupported
    if "pix2pix" in body.models:
        raise refusals.ControlNetUnsupported
    if not body.source_image:
        raise refusals.ControlNetSourceMissing
    if body.source_processing == "inpainting":
        raise refusals.ControlNetInpaintingMismatch
    if any(name.startswith(_WITHOUT_CONTROLNET) for name in baselines):
        raise refusals.ControlNetMismatch


def control_type(params: GenerationParams) -> str | None:
    """The ControlNet asked for, if any."""
    return params.control_type if "control_type" in params.model_fields_set else None


def has_workflow(params: GenerationParams) -> bool:
    """Whether a workflow is asked for; there is only `qr_code`."""
    return "workflow" in params.model_fields_set
