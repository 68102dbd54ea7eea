"""The options of this backend, beyond those that all backends over HTTP have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.normalise.baselines import Baseline, baseline_named
from horde_worker.backends.over_http.options import ServerOptions, text_option

DEFAULT_URL: Final = "http://127.0.0.1:7860"
MAX_NAMES: Final = 10_000
FACE_FIXERS: Final = {"GFPGAN": "gfpgan", "CodeFormers": "codeformer"}
"""The horde's names, and what they begin with in a request."""
_OWN: Final = ("loras", "tis", "loras_folder", "embeddings_folder", "baselines", "face_fixers", "max_pixels", "alchemy")


@dataclass(frozen=True, slots=True)
class A1111Options:
    """Where the server is, and what its files are to the horde."""

    server: ServerOptions
    loras: Mapping[str, str] = field(default_factory=dict)
    """LoRAs by their names or ids at CivitAI, and what each is called at the server."""
    tis: Mapping[str, str] = field(default_factory=dict)
    """Textual inversions alike."""
    loras_folder: str = ""
    """The server's folder of LoRAs, where the worker puts what jobs name."""
    embeddings_folder: str = ""
    """Its folder of textual inversions alike."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """What a model of the horde derives from, where its name does not say."""
    face_fixers: tuple[str, ...] = ()
    """Those whose weights are there: a server without them answers as if it had mended something."""
    max_pixels: int | None = None
    alchemy: bool = False
    """Whether it also works on pictures that are there already."""

    @classmethod
    def read(cls, settings: BackendSettings) -> A1111Options:
        """The options, checked. Raises `BackendFailure` and says what is wrong."""
        return cls(
            server=ServerOptions.read(settings, default_url=DEFAULT_URL, also=_OWN),
            loras=_names(settings, "loras"),
            tis=_names(settings, "tis"),
            loras_folder=text_option(settings, "loras_folder"),
            embeddings_folder=text_option(settings, "embeddings_folder"),
            baselines={model: _baseline(settings, word) for model, word in _names(settings, "baselines").items()},
            face_fixers=_face_fixers(settings),
            max_pixels=_pixels(settings),
            alchemy=_flag(settings, "alchemy"),
        )

    @property
    def has_loras(self) -> bool:
        """Whether jobs with LoRAs are for this server."""
        return bool(self.loras or self.loras_folder)

    @property
    def has_inversions(self) -> bool:
        """Whether jobs with textual inversions are."""
        return bool(self.tis or self.embeddings_folder)


def _names(settings: BackendSettings, option: str) -> dict[str, str]:
    """A table of texts; numbers count as their text, since ids are some."""
    found = settings.options.get(option) or {}
    if not isinstance(found, Mapping) or len(found) > MAX_NAMES:
        raise BackendFailure(f"the option {option} of {settings.name} is a table of names")
    if not all(isinstance(one, str | int) and str(one).strip() for pair in found.items() for one in pair):
        raise BackendFailure(f"the option {option} of {settings.name} has names on both sides")
    return {str(name).strip(): str(local).strip() for name, local in found.items()}


def _baseline(settings: BackendSettings, word: str) -> Baseline:
    baseline = baseline_named(word)
    if baseline == Baseline.infer:
        known = ", ".join(sorted(one.value for one in Baseline if one != Baseline.infer))
        raise BackendFailure(f"there is no baseline {word[:50]!r} for {settings.name}; there are {known}")
    return baseline


def _face_fixers(settings: BackendSettings) -> tuple[str, ...]:
    found = settings.options.get("face_fixers") or []
    if not isinstance(found, list | tuple) or not all(one in FACE_FIXERS for one in found):
        raise BackendFailure(f"the option face_fixers of {settings.name} is a list of {', '.join(FACE_FIXERS)}")
    return tuple(str(one) for one in found)


def _pixels(settings: BackendSettings) -> int | None:
    found = settings.options.get("max_pixels")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or found < 64 * 64:
        raise BackendFailure(f"the option max_pixels of {settings.name} is a number of pixels, such as 1048576")
    return found


def _flag(settings: BackendSettings, option: str) -> bool:
    found = settings.options.get(option, False)
    if not isinstance(found, bool):
        raise BackendFailure(f"the option {option} of {settings.name} is true or false")
    return found
