"""The forms that can be served here, each with its loaded model and, where that is long, how long it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog
from PIL import Image

from horde_sdk.generation_parameters.alchemy.consts import is_facefixer_form
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.body_detector import BodyDetector, is_not_safe
from horde_worker.backends.trained_alchemy.form_options import FormOptions
from horde_worker.backends.trained_alchemy.model_files import NotInstalled, file_of_owner, folder_of_owner
from horde_worker.backends.trained_alchemy.options import NUDENET, OFF, AlchemyOptions
from horde_worker.backends.trained_alchemy.upscaler import Network, Upscaler, seconds_per_pixel_of
from horde_worker.backends.trained_alchemy.upscaler_catalogue import FACTORS, SHIPPED, networks_wanted, opened_network

log = structlog.get_logger(__name__)

TILE_PIXELS: Final = 512 * 512
MOST_TILES: Final = 9
"""1536×1536 pixels; four times as wide and high they take 150 MB while they are in the making."""

Value: TypeAlias = Image.Image | str | float | bool | list[Any] | dict[str, Any]


class Stopped(BackendFailure):
    """Nobody waits for the result any more."""


@dataclass(frozen=True, slots=True)
class Task:
    """A picture, what was asked for, and the way to tell how far it is."""

    source: Image.Image
    options: FormOptions
    tell: Callable[[int, int], None]
    should_stop: Callable[[], bool]

    def step(self, done: int, of: int) -> None:
        """Tell how far it is. Raises `Stopped` when nobody waits any more."""
        if self.should_stop():
            raise Stopped("the form was stopped")
        self.tell(done, of)


Form: TypeAlias = Callable[[Task], Value]


@dataclass(slots=True)
class LoadedForms:
    """What can be done, by form; `seconds_per_tile` of those that take long."""

    by_name: dict[str, Form] = field(default_factory=dict)
    seconds_per_tile: dict[str, float] = field(default_factory=dict)

    def max_tiles(self, limit_s: float) -> int:
        """The largest source that every form here does in time."""
        slowest = max(self.seconds_per_tile.values(), default=0.0)
        return min(int(limit_s / slowest), MOST_TILES) if slowest else MOST_TILES


def load_forms(options: AlchemyOptions) -> LoadedForms:
    """Load all that the options say, which takes seconds, and try the networks out.

    Raises `BackendFailure` for what the owner named and cannot be; what comes in wheels may be missing.
    """
    forms = LoadedForms()
    _add_upscalers(forms, options)
    detector = _detector(options)
    if detector is not None and options.nsfw != OFF:
        forms.by_name["nsfw"] = lambda task: is_not_safe(detector.found(task.source), options.nsfw_threshold)
    _add_face_fixers(forms, options, detector)
    if options.strip_background:
        from horde_worker.backends.trained_alchemy.background import BackgroundStripper

        path = file_of_owner(options.strip_background, ".onnx", what="strip_background")
        stripper = BackgroundStripper(path, options.threads)
        forms.by_name["strip_background"] = lambda task: stripper.stripped(task.source)
    _add_words(forms, options)
    return forms


def _add_upscalers(forms: LoadedForms, options: AlchemyOptions) -> None:
    opened: dict[str, tuple[Network, float]] = {}
    missing: dict[str, str] = {}
    for form, name in networks_wanted(options.upscalers).items():
        try:
            if name not in opened and name not in missing:
                network = opened_network(name, options.threads)
                opened[name] = network, seconds_per_pixel_of(network)
        except NotInstalled as error:
            if form in options.upscalers or name not in SHIPPED:
                raise
            missing[name] = str(error)
        if name in missing:
            log.warning("worker.form_not_offered", form=form, reason=missing[name])
            continue
        network, seconds_per_pixel = opened[name]
        upscaler = Upscaler(network, FACTORS[form], seconds_per_pixel)
        seconds = upscaler.seconds_for(TILE_PIXELS)
        if seconds > options.form_limit_s:
            reason = f"512×512 pixels take {seconds:.0f} s here, and a form has {options.form_limit_s:.0f} s"
            log.warning("worker.form_not_offered", form=form, model=name, reason=reason)
            continue
        log.info("worker.form_measured", form=form, model=name, seconds_per_tile=round(seconds, 1))
        forms.seconds_per_tile[form] = seconds
        forms.by_name[form] = _upscaling(upscaler)


def _upscaling(upscaler: Upscaler) -> Form:
    return lambda task: upscaler.upscaled(task.source, task.step)


def _detector(options: AlchemyOptions) -> BodyDetector | None:
    """For nudity, and to find the faces that are to be fixed."""
    if options.nsfw == OFF and not options.face_fixers:
        return None
    try:
        return BodyDetector.open("" if options.nsfw in (NUDENET, OFF) else options.nsfw, options.threads)
    except BackendFailure as error:
        if options.nsfw not in (NUDENET, OFF) or options.face_fixers:
            raise
        log.warning("worker.form_not_offered", form="nsfw", reason=str(error))
        return None


def _add_face_fixers(forms: LoadedForms, options: AlchemyOptions, detector: BodyDetector | None) -> None:
    if not options.face_fixers:
        return
    from horde_worker.backends.trained_alchemy.faces import FaceFixer, onnx_restorer, torch_restorer

    for form, file in options.face_fixers.items():
        if not is_facefixer_form(form):
            raise BackendFailure(f"{form!r} is no face fixer of the API")
        assert detector is not None  # `_detector` raises where it is needed and cannot be had
        path = file_of_owner(file, ".onnx", ".pth", ".safetensors", what=form)
        is_onnx = path.suffix.lower() == ".onnx"
        fixer = FaceFixer(onnx_restorer(path, options.threads) if is_onnx else torch_restorer(path), detector)
        fixer.tried()
        forms.by_name[form] = _fixing(fixer)


def _fixing(fixer: Any) -> Form:
    return lambda task: fixer.fixed(task.source, task.options.number("facefixer_strength", 0.5, 0.0, 1.0), task.step)


def _add_words(forms: LoadedForms, options: AlchemyOptions) -> None:
    if options.clip:
        from horde_worker.backends.trained_alchemy.clip_model import ClipModel
        from horde_worker.backends.trained_alchemy.interrogation import Interrogator, KeptWords

        folder = folder_of_owner(options.clip, what="clip")
        clip = ClipModel(folder)
        interrogator = Interrogator(clip, KeptWords(Path(options.cache), fingerprint(folder)))
        forms.by_name["interrogation"] = lambda task: interrogator.interrogated(task.source, task.options)
        if options.aesthetic:
            from horde_worker.backends.trained_alchemy.aesthetic import AestheticJudge

            judge = AestheticJudge(clip, file_of_owner(options.aesthetic, ".safetensors", ".pth", what="aesthetic"))
            forms.by_name["aesthetic"] = lambda task: judge.score(task.source)
    if options.caption:
        from horde_worker.backends.trained_alchemy.caption import Captioner

        captioner = Captioner(folder_of_owner(options.caption, what="caption"))
        forms.by_name["caption"] = lambda task: captioner.captioned(task.source, task.options, task.should_stop)


def fingerprint(folder: Path) -> str:
    """What changes when the model in a folder does: its weights' sizes and times."""
    facts = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in sorted(folder.glob("*.safetensors"))]
    return f"{folder.resolve()} {facts}"
