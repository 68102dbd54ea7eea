"""The seam to what makes pictures: jobs in, progress, previews and pictures out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from horde_worker.backends.events import Preview, Progress
from horde_worker.stream_wish import StreamWish

if TYPE_CHECKING:
    from PIL import Image  # a worker of texts never loads it


@dataclass(frozen=True, slots=True)
class ImageAbilities:
    """What a maker of pictures can do, in the horde's words: pop flags and `capabilities` come from this alone."""

    models: tuple[str, ...]
    max_pixels: int
    capabilities: frozenset[str]  # such as karras, r2, hires_fix, tiling, img2img (workers.md §10.1)
    samplers: frozenset[str]
    max_batch: int = 1
    knows_nsfw: bool = False  # could paint what is not safe for work
    previews: bool = False  # tells how pictures look half made
    loaded: tuple[str, ...] = ()  # models that lie in memory now


@dataclass(frozen=True, slots=True)
class SourceGiven:
    """A source picture and its mask, each as URL or base64, not yet fetched. Outpainting counts as inpainting."""

    picture: str
    mask: str = ""
    is_inpainting: bool = False


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA that a job names: by its id or name on CivitAI, or the id of a version. Strengths from -5 to 5."""

    name: str
    model_strength: float = 1.0
    clip_strength: float = 1.0
    inject_trigger: str = ""  # a trigger word to put before the prompt; "any" and "all" of its own
    is_version: bool = False


@dataclass(frozen=True, slots=True)
class TextualInversion:
    """A textual inversion that a job names, by its id or name on CivitAI. Strength from -5 to 5."""

    name: str
    inject: str = ""  # "prompt", "negprompt"; else the prompt names it itself
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class ExtraSource:
    """A further source picture, as URL or base64; `picture` once it is fetched."""

    given: str
    strength: float = 1.0
    picture: Image.Image | None = None  # RGB


@dataclass(frozen=True, slots=True)
class ExtraText:
    """A further text, and what the workflow uses it for."""

    text: str
    reference: str


@dataclass(frozen=True, slots=True)
class Remark:
    """An entry of `gen_metadata`; `ref` has at most 255 characters."""

    type: str
    value: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ImageJob:
    """One hand-out, normalised: as many pictures as it has ids. Sizes in pixels, `ttl_s` seconds from the pop."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    cfg_scale: float
    sampler: str
    karras: bool
    seeds: tuple[int, ...]  # one per picture
    ttl_s: float
    upload_urls: tuple[str, ...]  # one per picture, or none when results go inline
    hires_fix: bool = False
    tiling: bool = False
    clip_skip: int = 1
    censors_nsfw: bool = False
    denoising_strength: float = 1.0  # how much of the way from the source is made anew
    hires_denoising_strength: float = 0.65
    given: SourceGiven | None = None  # as the horde sent it
    source: Image.Image | None = None  # RGB, fetched
    mask: Image.Image | None = None  # L: white is repainted, black stays
    source_remarks: tuple[Remark, ...] = ()  # what became of sources that could not be had
    extra_sources: tuple[ExtraSource, ...] = ()
    loras: tuple[Lora, ...] = ()
    tis: tuple[TextualInversion, ...] = ()
    control_type: str = ""  # of a ControlNet, such as canny; none where it is empty
    image_is_control: bool = False  # the source is a control map already
    return_control_map: bool = False  # the map is the result
    post_processing: tuple[str, ...] = ()  # done to each picture, in this order
    facefixer_strength: float = 0.75
    transparent: bool = False
    workflow: str = ""  # such as qr_code
    extra_texts: tuple[ExtraText, ...] = ()
    stream: StreamWish | None = None  # how the horde wants to hear of it; None: not at all

    def log_fields(self) -> dict[str, Any]:
        """Size and steps."""
        return {"size": f"{self.width}x{self.height}", "steps": self.steps}


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One picture with what its maker has to say about it."""

    image: Image.Image
    seed: int
    remarks: tuple[Remark, ...] = field(default=())


ImageEvent: TypeAlias = Progress | Preview | ImageResult


class ImageMaker(Protocol):
    """Makes pictures. `make` must not block the event loop, and must stop soon when it is closed.

    It may have a property `unready`, as `horde_worker.backends.interface` says.
    """

    @property
    def abilities(self) -> ImageAbilities:
        """What it can do; asked at every pop."""

    def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """One result per id of the job, in their order, each as soon as it is there. Raises `BackendFailure`."""
