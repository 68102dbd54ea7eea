"""`Checkpoint`: a loaded pipeline on its device, with what every job of it needs. Needs torch and diffusers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self

import diffusers
import torch
from PIL import Image

from horde_worker.backends.diffusers.model_source import ModelSource
from horde_worker.backends.diffusers.previews import PreviewMap
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.devices import Device

OFFLOAD_BELOW: Final = 1.4
"""With less free memory than so many times the weights, parts wait in the machine's memory until it is their turn."""

_FAMILIES: Final = {False: "StableDiffusion", True: "StableDiffusionXL"}


class Checkpoint:
    """The parts of one model. `pipeline` makes the library's pipelines for a job out of them."""

    def __init__(self, base: Any, source: ModelSource, device: Device, *, is_offloaded: bool) -> None:
        self.base = base
        self.source = source
        self.device = device
        self._is_offloaded = is_offloaded
        self.scheduler_config: Mapping[str, Any] = dict(base.scheduler.config)
        self.is_cramped = False
        """Set after memory ran out: slower, and with less of it, from then on."""
        self.preview_map = PreviewMap.of(base.vae, self._decoded) if not is_offloaded else None

    @classmethod
    def load(cls, source: ModelSource, device: Device) -> Self:
        """From the owner's files alone. Raises `BackendFailure`; what is lack of memory is raised as it is."""
        kind = getattr(diffusers, f"{_FAMILIES[source.is_xl]}Pipeline")
        options: dict[str, Any] = {"dtype": device.dtype, "local_files_only": True}
        if not source.is_xl:
            options |= {"safety_checker": None, "requires_safety_checker": False}
        try:
            if source.config is not None:
                base = kind.from_single_file(str(source.path), config=str(source.config), **options)
            else:
                base = kind.from_pretrained(str(source.path), use_safetensors=True, **options)
        except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError) as error:
            reason = str(error).partition("\n")[0][:300]
            raise BackendFailure(f"{source.path.name} cannot be loaded: {reason}") from error
        base.set_progress_bar_config(disable=True)
        is_offloaded = device.kind != "cpu" and device.free_bytes() < source.size_bytes * OFFLOAD_BELOW
        if not is_offloaded:
            base.to(device.name)
        return cls(base, source, device, is_offloaded=is_offloaded)

    def pipeline(self, what: str, scheduler: Any, control_net: Any = None) -> Any:
        """A pipeline over the same parts: `what` is empty (from noise alone), `Img2Img` or `Inpaint`."""
        name = f"{_FAMILIES[self.source.is_xl]}{'ControlNet' if control_net is not None else ''}{what}Pipeline"
        kind = getattr(diffusers, name)
        parts = {**self.base.components, "scheduler": scheduler, "controlnet": control_net}
        known = inspect.signature(kind.__init__).parameters
        chosen = {part: value for part, value in parts.items() if part in known}
        if "requires_safety_checker" in known:
            chosen["requires_safety_checker"] = False
        made = kind(**chosen)
        made.set_progress_bar_config(disable=True)
        if self._is_offloaded:
            made.enable_model_cpu_offload(device=self.device.name)
        return made

    def save_memory(self) -> None:
        """Decode in tiles and attend in slices from now on."""
        self.is_cramped = True
        self.base.vae.enable_tiling()
        self.base.vae.enable_slicing()
        self.base.unet.set_attention_slice("auto")

    def decoded(self, latents: Any) -> Image.Image:
        """One picture, in the size of its latents times eight."""
        with self._vae_at_work(), torch.inference_mode():
            tensor = self._decoded(latents[None].to(self.base.vae.dtype))
        picture: Image.Image = self.base.image_processor.postprocess(tensor.detach().float(), output_type="pil")[0]
        return picture

    @contextmanager
    def _vae_at_work(self) -> Iterator[None]:
        """XL's decoder overflows in half precision, and says so; where parts wait elsewhere, it is fetched."""
        vae = self.base.vae
        before = vae.dtype
        is_widened = before == torch.float16 and bool(getattr(vae.config, "force_upcast", False))
        if self._is_offloaded:
            vae.to(self.device.name)
        if is_widened:
            vae.to(torch.float32)
        try:
            yield
        finally:
            if is_widened:
                vae.to(before)
            if self._is_offloaded:
                vae.to("cpu")

    def _decoded(self, latents: Any) -> Any:
        """Latents as the nets have them, in the decoder's own scale."""
        config = self.base.vae.config
        latents = latents / config.scaling_factor
        if getattr(config, "shift_factor", None):
            latents = latents + config.shift_factor
        with torch.inference_mode():
            return self.base.vae.decode(latents, return_dict=False)[0]
