"""The options of the backend `alchemy`: which models serve which forms, and how much of the machine they may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings

KNOWN: Final = (
    *("threads", "upscalers", "nsfw", "nsfw_threshold", "strip_background", "face_fixers", "clip", "aesthetic"),
    *("caption", "form_limit_s", "cache"),
)
NUDENET: Final = "nudenet"
OFF: Final = "off"
USUAL_THRESHOLD: Final = 0.5
"""How sure the detector must be; half is where it is wrong about as often in one direction as in the other."""
USUAL_FORM_LIMIT_S: Final = 75.0
"""A form belongs to somebody else after three minutes, and one may wait while another is done."""
MAX_THREADS: Final = 256


@dataclass(frozen=True, slots=True)
class AlchemyOptions:
    """Read from a backend's settings. Files and folders are the owner's; empty: that form is not served."""

    threads: int | None = None  # None: as many as are fastest
    upscalers: Mapping[str, str] = field(default_factory=dict)  # by form: a network's name, a file, or `off`
    nsfw: str = NUDENET  # or a file with a larger detector of the same build, or `off`
    nsfw_threshold: float = USUAL_THRESHOLD
    strip_background: str = ""  # .onnx
    face_fixers: Mapping[str, str] = field(default_factory=dict)  # by form: .onnx, .pth or .safetensors
    clip: str = ""  # folder
    aesthetic: str = ""  # the head's file; needs `clip`
    caption: str = ""  # folder
    form_limit_s: float = USUAL_FORM_LIMIT_S
    cache: str = ""  # folder for what is computed once

    @classmethod
    def read(cls, settings: BackendSettings) -> AlchemyOptions:
        """The options, checked. Raises `BackendFailure` and says what is wrong."""
        settings.check_known(*KNOWN)
        options = cls(
            threads=_threads(settings),
            upscalers=_texts(settings, "upscalers"),
            nsfw=_text(settings, "nsfw") or NUDENET,
            nsfw_threshold=_number(settings, "nsfw_threshold", USUAL_THRESHOLD, 0.2, 0.99),
            strip_background=_text(settings, "strip_background"),
            face_fixers=_texts(settings, "face_fixers"),
            clip=_text(settings, "clip"),
            aesthetic=_text(settings, "aesthetic"),
            caption=_text(settings, "caption"),
            form_limit_s=_number(settings, "form_limit_s", USUAL_FORM_LIMIT_S, 5, 170),
            cache=_text(settings, "cache") or default_cache(),
        )
        if options.aesthetic and not options.clip:
            raise BackendFailure("the option aesthetic of alchemy needs clip too: the folder of the CLIP behind it")
        return options


def default_cache() -> str:
    """Where programs of this user keep what they can compute again."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118
    return os.path.join(home, "openhorde", "alchemy")  # noqa: PTH118


def _text(settings: BackendSettings, name: str) -> str:
    value = settings.options.get(name)
    if value is False:  # what YAML makes of `off`
        return OFF
    if value is not None and not isinstance(value, str):
        raise BackendFailure(f"the option {name} of {settings.name} is a text")
    return value or ""


def _texts(settings: BackendSettings, name: str) -> dict[str, str]:
    value = settings.options.get(name) or {}
    if not isinstance(value, Mapping):
        raise BackendFailure(f"the option {name} of {settings.name} tells for each form what serves it")
    told = {str(form): OFF if one is False else one for form, one in value.items()}
    if not all(isinstance(one, str) and one for one in told.values()):
        raise BackendFailure(f"the option {name} of {settings.name} tells for each form what serves it, as text")
    return {form: str(one) for form, one in told.items()}


def _number(settings: BackendSettings, name: str, default: float, least: float, most: float) -> float:
    value = settings.options.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BackendFailure(f"the option {name} of {settings.name} is a number from {least:g} to {most:g}")
    return float(value)


def _threads(settings: BackendSettings) -> int | None:
    value = settings.options.get("threads")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_THREADS:
        raise BackendFailure(f"the option threads of {settings.name} is a number from 1 to {MAX_THREADS}")
    return value
