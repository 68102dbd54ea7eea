"""The words of alchemy: upscalers, face fixers and other work on finished images. Imports nothing heavy."""

from enum import auto

from horde_sdk._text_enum import TextEnum


class KNOWN_UPSCALERS(TextEnum):
    """Upscalers."""

    BACKEND_DEFAULT = auto()
    RealESRGAN_x4plus = auto()
    RealESRGAN_x2plus = auto()
    RealESRGAN_x4plus_anime_6B = auto()
    NMKD_Siax = auto()
    four_4x_AnimeSharp = "4x_AnimeSharp"
    four_4xNomos8kSC = "4xNomos8kSC"
    four_4xLSDIRplus = "4xLSDIRplus"
    four_4xNomosWebPhoto_RealPLKSR = "4xNomosWebPhoto_RealPLKSR"
    four_4xNomos2_realplksr_dysample = "4xNomos2_realplksr_dysample"
    four_4xNomos2_hq_dat2 = "4xNomos2_hq_dat2"
    two_2xModernSpanimationV1 = "2xModernSpanimationV1"


class KNOWN_FACEFIXERS(TextEnum):
    """Face fixers."""

    BACKEND_DEFAULT = auto()
    GFPGAN = auto()
    CodeFormers = auto()
    GFPGANv1_3 = "GFPGANv1.3"
    RestoreFormer = auto()


class KNOWN_MISC_POST_PROCESSORS(TextEnum):
    """Post-processors that are neither upscaler nor face fixer."""

    strip_background = auto()


class KNOWN_CLIP_BLIP_TYPES(TextEnum):
    """Forms that look at an image and answer with words."""

    caption = auto()
    interrogation = auto()
    nsfw = auto()


class KNOWN_ALCHEMY_FORMS(TextEnum):
    """Families of alchemy."""

    nsfw = auto()
    caption = auto()
    interrogation = auto()
    post_process = auto()
    vectorize = auto()
    palette = auto()
    describe = auto()
    aesthetic = auto()
    annotation = auto()


class KNOWN_ALCHEMY_TYPES(TextEnum):
    """Everything that can be asked for as an alchemy form."""

    _NONE = ""
    caption = auto()
    interrogation = auto()
    nsfw = auto()
    RealESRGAN_x4plus = auto()
    RealESRGAN_x2plus = auto()
    RealESRGAN_x4plus_anime_6B = auto()
    NMKD_Siax = auto()
    fourx_AnimeSharp = "4x_AnimeSharp"
    four_4xNomos8kSC = "4xNomos8kSC"
    four_4xLSDIRplus = "4xLSDIRplus"
    four_4xNomosWebPhoto_RealPLKSR = "4xNomosWebPhoto_RealPLKSR"
    four_4xNomos2_realplksr_dysample = "4xNomos2_realplksr_dysample"
    four_4xNomos2_hq_dat2 = "4xNomos2_hq_dat2"
    two_2xModernSpanimationV1 = "2xModernSpanimationV1"
    GFPGAN = auto()
    CodeFormers = auto()
    GFPGANv1_3 = "GFPGANv1.3"
    RestoreFormer = auto()
    strip_background = auto()
    vectorize = auto()
    palette = auto()
    describe = auto()
    aesthetic = auto()
    annotation = auto()


class KNOWN_ANNOTATION_CONTROL_TYPES(TextEnum):
    """Control maps that can be drawn from an image."""

    canny = auto()
    hed = auto()
    depth = auto()
    mlsd = auto()
    openpose = auto()
    normal = auto()
    scribble = auto()
    fakescribbles = auto()
    seg = auto()
    binary = auto()
    standard_lineart = auto()
    lineart = auto()
    lineart_anime = auto()
    lineart_anime_denoise = auto()
    pidinet = auto()
    scribble_xdog = auto()
    scribble_pidinet = auto()
    teed = auto()
    pyracanny = auto()
    midas_depth = auto()
    zoe_depth = auto()
    depth_anything = auto()
    depth_anything_v2 = auto()
    normal_bae = auto()
    oneformer_ade20k = auto()
    oneformer_coco = auto()
    color = auto()
    shuffle = auto()
    recolor_luminance = auto()
    recolor_intensity = auto()
    tile = auto()
    tile_ttplanet_guided = auto()
    tile_ttplanet_simple = auto()


class KNOWN_CAPTION_MODELS(TextEnum):
    """Models that caption."""

    BACKEND_DEFAULT = auto()
    BLIP_BASE_SALESFORCE = "Salesforce/blip-image-captioning-base"
    BLIP_LARGE_SALESFORCE = "Salesforce/blip-image-captioning-large"


class KNOWN_INTERROGATORS(TextEnum):
    """Models that interrogate."""

    BACKEND_DEFAULT = auto()
    vit_l_14 = "sentence-transformers/clip-ViT-L-14"
    vit_big_g_14_laion2b_39b_b160k = "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k"


class ALCHEMY_PARAMETER_FIELDS(TextEnum):
    """Fields by which alchemy parameters are told apart."""

    result_id = auto()
    form = auto()
    source_image = auto()
    upscaler = auto()
    facefixer = auto()
    interrogator = auto()
    caption_model = auto()
    nsfw_detector = auto()
    control_type = auto()


def is_upscaler_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` is an upscaler, by member name or value."""
    return _names_or_values(KNOWN_UPSCALERS, form)


def is_facefixer_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` is a face fixer, by member name or value."""
    return _names_or_values(KNOWN_FACEFIXERS, form)


def is_interrogator_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` is an interrogation."""
    return form == KNOWN_ALCHEMY_TYPES.interrogation


def is_caption_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` is a caption."""
    return form == KNOWN_ALCHEMY_TYPES.caption


def is_nsfw_detector_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` is a check for unsafe content."""
    return form == KNOWN_ALCHEMY_TYPES.nsfw


def is_strip_background_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` removes the background."""
    return form == KNOWN_ALCHEMY_TYPES.strip_background


def is_image_vectorizer_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` turns the image into vectors."""
    return form == KNOWN_ALCHEMY_TYPES.vectorize


def is_palette_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` extracts a palette."""
    return form == KNOWN_ALCHEMY_TYPES.palette


def is_describe_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` describes the image."""
    return form == KNOWN_ALCHEMY_TYPES.describe


def is_aesthetic_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` scores the image's looks."""
    return form == KNOWN_ALCHEMY_TYPES.aesthetic


def is_annotation_form(form: KNOWN_ALCHEMY_TYPES | str) -> bool:
    """Tell whether `form` draws a control map."""
    return form == KNOWN_ALCHEMY_TYPES.annotation


def _names_or_values(words: type[TextEnum], form: str) -> bool:
    return str(form) in words.__members__ or any(form == word for word in words)
