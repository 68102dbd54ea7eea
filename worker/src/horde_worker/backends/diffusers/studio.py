"""`Studio`: a device with its models, ControlNets and additions, where jobs are painted. Needs torch and diffusers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from PIL import Image

from horde_worker.backends.diffusers.additions import trained_words
from horde_worker.backends.diffusers.checkpoint import Checkpoint
from horde_worker.backends.diffusers.control_maps import MAKERS
from horde_worker.backends.diffusers.control_nets import ControlNets
from horde_worker.backends.diffusers.depth_maps import DepthMaps
from horde_worker.backends.diffusers.inversions import inversion_vectors
from horde_worker.backends.diffusers.loras import FoundLora, applied
from horde_worker.backends.diffusers.painting import Painting, Watched
from horde_worker.backends.diffusers.plan import Plan, plan_of
from horde_worker.backends.diffusers.prompt_encoding import Encoded, PromptEncoder, Vectors
from horde_worker.backends.diffusers.shelves import Shelves
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageEvent, ImageJob, ImageResult, Remark
from horde_worker.backends.in_process.devices import SHARE_FOR_MODELS, Device, is_out_of_memory
from horde_worker.backends.in_process.loaded_models import LoadedModels
from horde_worker.backends.normalise.additions import trigger_words, with_inversion, with_triggers

log = structlog.get_logger(__name__)


class Studio:
    """Paints one job at a time."""

    def __init__(self, device: Device, shelves: Shelves, side_by_side: int) -> None:
        self.device = device
        self._shelves = shelves
        self._side_by_side = side_by_side
        self._control_nets = ControlNets(shelves.control_nets)
        self._depth_maps = DepthMaps(shelves.depth_model, device)
        sizes = {name: source.size_bytes for name, source in shelves.models.items()}
        budget_bytes = int(device.free_bytes() * SHARE_FOR_MODELS)
        self.models = LoadedModels(sizes, budget_bytes, self._load, lambda _: device.give_back_memory())

    def paint(self, job: ImageJob, tell: Callable[[ImageEvent], None], should_stop: Callable[[], bool]) -> None:
        """All pictures of a job; a second attempt with less memory for those that had no room. Blocks."""
        models = self._shelves.models
        name = job.model if job.model in models else next(iter(models))  # an alias means the first
        done: set[int] = set()

        def told(event: ImageEvent) -> None:
            if isinstance(event, ImageResult):
                done.add(len(done))
            tell(event)

        try:
            self._paint(name, job, range(len(job.ids)), self._side_by_side, told, should_stop)
            return
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            log.warning("backend.out_of_memory", model=name, device=self.device.name, pictures=self._side_by_side)
        self._make_room(name)
        try:
            self._paint(name, job, range(len(done), len(job.ids)), 1, told, should_stop)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self.clear()
            raise BackendFailure(
                f"out of memory for {job.width}×{job.height}, also with one picture at a time and in tiles"
            ) from error

    def clear(self) -> None:
        """Unload everything."""
        self._control_nets.forget()
        self._depth_maps.forget()
        self.models.keep_only()
        self.device.give_back_memory()

    def _load(self, name: str) -> Checkpoint:
        log.info("backend.loading", model=name, device=self.device.name)
        try:
            return Checkpoint.load(self._shelves.models[name], self.device)
        except BackendFailure as failure:
            self._shelves.offered.withdraw(name, str(failure))
            raise

    def _make_room(self, name: str) -> None:
        self._control_nets.forget()
        self._depth_maps.forget()
        self.models.keep_only(name)
        if name in self.models.names:
            self.models.get(name).save_memory()
        self.device.give_back_memory()

    def _paint(
        self,
        name: str,
        job: ImageJob,
        places: Sequence[int],
        side_by_side: int,
        tell: Callable[[ImageEvent], None],
        should_stop: Callable[[], bool],
    ) -> None:
        source = self._shelves.models[name]
        plan = plan_of(job, source.baseline, fills_masks=source.fills_masks, samplers=self._shelves.samplers)
        control = self._control_map(job, plan)
        if job.return_control_map and control is not None:
            self._give_maps(job, places, control, plan.remarks, tell)
            return
        plan = replace(plan, control=control)
        checkpoint = self.models.get(name)
        control_net = self._control_nets.get(job.control_type, checkpoint) if control is not None else None
        loras, missing = self._loras(job)
        job = _with_words(job, loras)
        with applied(checkpoint, loras) as misfits:
            encoded, unread = self._encoded(checkpoint, job)
            remarks = (*plan.remarks, *missing, *misfits, *unread)
            for begin in range(0, len(places), side_by_side):
                group = places[begin : begin + side_by_side]
                painting = Painting(checkpoint, job, plan, encoded, Watched(group, plan.steps, tell, should_stop))
                for place, picture in zip(group, painting.pictures(control_net), strict=True):
                    tell(ImageResult(picture, job.seeds[place], remarks))

    def _control_map(self, job: ImageJob, plan: Plan) -> Image.Image | None:
        """The map that a ControlNet goes by: the source itself, or drawn from it. Raises `BackendFailure`."""
        if not job.control_type:
            return None
        if plan.control is None:
            raise BackendFailure("a ControlNet needs a source picture, and there is none that could be read")
        if job.image_is_control:
            return plan.control
        if self._depth_maps.draws(job.control_type):
            return self._depth_maps.drawn(job.control_type, plan.control)
        if job.control_type not in MAKERS:
            raise BackendFailure(f"maps for {job.control_type} cannot be drawn here; send one as `image_is_control`")
        return MAKERS[job.control_type](plan.control)

    @staticmethod
    def _give_maps(
        job: ImageJob,
        places: Sequence[int],
        control: Image.Image,
        remarks: tuple[Remark, ...],
        tell: Callable[[ImageEvent], None],
    ) -> None:
        shown = control.resize((job.width, job.height), Image.Resampling.LANCZOS)
        for place in places:
            tell(ImageResult(shown, job.seeds[place], remarks))

    def _loras(self, job: ImageJob) -> tuple[list[FoundLora], tuple[Remark, ...]]:
        """Those whose files are here, and remarks for the others."""
        found, missing = [], []
        for wished in job.loras:
            file = self._shelves.loras.file(wished.name)
            if file is None:
                missing.append(Remark("lora", "download_failed", wished.name))
            else:
                found.append(FoundLora(wished, file))
        return found, tuple(missing)

    def _encoded(self, checkpoint: Checkpoint, job: ImageJob) -> tuple[Encoded, tuple[Remark, ...]]:
        """Both prompts with the job's inversions in them, and remarks for those that cannot be had."""
        vectors: dict[str, Vectors] = {}
        remarks = []
        prompt, negative_prompt = job.prompt, job.negative_prompt
        for wished in job.tis:
            file = self._shelves.inversions.file(wished.name)
            try:
                if file is None:
                    raise BackendFailure(f"there is no inversion {wished.name} here")
                word = f"inversion_{len(vectors)}"
                vectors[word] = vectors[wished.name.lower()] = inversion_vectors(file, _word_widths(checkpoint))
            except BackendFailure as error:
                log.warning("backend.inversion_not_applied", inversion=wished.name, reason=str(error))
                value = "download_failed" if file is None else "baseline_mismatch"
                remarks.append(Remark("ti", value, wished.name))
                continue
            token = f"(embedding:{word}:{wished.strength:.3f})"
            prompt, negative_prompt = with_inversion(prompt, negative_prompt, token, wished.inject)
        encoder = PromptEncoder(
            checkpoint.base, is_xl=checkpoint.source.is_xl, clip_skip=job.clip_skip, inversions=vectors
        )
        return encoder.encoded(prompt, negative_prompt), tuple(remarks)


def _with_words(job: ImageJob, loras: Sequence[FoundLora]) -> ImageJob:
    """The prompt with the words that LoRAs were trained with, as far as the job wants them."""
    words = [
        word
        for lora in loras
        for word in trigger_words(lora.wished.inject_trigger, trained_words(lora.file), job.seeds[0])
    ]
    return replace(job, prompt=with_triggers(job.prompt, words)) if words else job


def _word_widths(checkpoint: Checkpoint) -> tuple[int, ...]:
    """How wide a word's vector is, for each text encoder."""
    base = checkpoint.base
    encoders = [base.text_encoder, base.text_encoder_2] if checkpoint.source.is_xl else [base.text_encoder]
    return tuple(one.get_input_embeddings().weight.shape[1] for one in encoders)
