"""The graph of one picture: from the files to what is sent back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from horde_worker.backends.comfyui.control import CANNY
from horde_worker.backends.comfyui.graph import Graph, Output
from horde_worker.backends.comfyui.order import Order
from horde_worker.backends.normalise.baselines import Baseline

FIRST_SAMPLER: Final = "sampler"
SECOND_SAMPLER: Final = "second_sampler"
"""Of the hires fix, or of Stable Cascade's stage B."""

_LARGEST_SEED: Final = (1 << 64) - 1
_CANNY_THRESHOLDS: Final = (0.4, 0.8)
_CASCADE_COMPRESSION: Final = 42
_CASCADE_FIRST_SHARE: Final = 2 / 3
_CASCADE_SECOND_CFG: Final = 1.1
_SHIFT: Final = {Baseline.qwen_image: 3.1, Baseline.z_image_turbo: 3.0}
"""Of the noise schedule, as these models were trained."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The parts of a model as outputs of nodes."""

    model: Output
    clip: Output
    vae: Output


@dataclass(frozen=True, slots=True)
class _Canvas:
    """What is sampled from: conditioning and latents."""

    positive: Output
    negative: Output
    latent: Output


def picture_graph(order: Order) -> Graph:
    """The graph that makes the picture of an order."""
    graph = Graph()
    if order.returns_control_map:
        graph.give(_control_map(graph, order))
    elif order.model.baseline == Baseline.stable_cascade:
        graph.give(_upscaled(graph, order, _cascade(graph, order)))
    else:
        graph.give(_upscaled(graph, order, _painted(graph, order)))
    return graph


def sampling_steps(order: Order) -> dict[str, int]:
    """The nodes that tell progress in steps, in their order, with how many each has."""
    if order.returns_control_map:
        return {}
    if order.model.baseline == Baseline.stable_cascade:
        first, second = _cascade_steps(order)
        return {FIRST_SAMPLER: first, SECOND_SAMPLER: second}
    if order.hires_fix:
        return {FIRST_SAMPLER: order.steps, SECOND_SAMPLER: order.hires_fix.steps}
    return {FIRST_SAMPLER: order.steps}


def _painted(graph: Graph, order: Order) -> Output:
    loaded = _adapted(graph, order, _loaded(graph, order))
    if order.is_tiling:
        loaded = _with_wrapped_edges(graph, loaded)
    positive = graph.add("positive", "CLIPTextEncode", clip=loaded.clip, text=order.prompt)
    negative = graph.add("negative", "CLIPTextEncode", clip=loaded.clip, text=order.negative_prompt)
    canvas = _canvas(graph, order, loaded, positive, negative)
    latent = _sampled(graph, FIRST_SAMPLER, order, loaded, canvas)
    if order.hires_fix:
        latent = _second_pass(graph, order, loaded, replace(canvas, latent=latent))
    return graph.add("decoded", "VAEDecode", samples=latent, vae=loaded.vae)


def _canvas(graph: Graph, order: Order, loaded: _Loaded, positive: Output, negative: Output) -> _Canvas:
    if order.control:
        controlled = _controlled(graph, order, positive, negative)
        return _Canvas(controlled, Output(controlled.node, 1), _empty(graph, order))
    if order.source and order.has_mask and order.model.is_inpainting:
        return _to_fill(graph, order, loaded, positive, negative)
    latent = _from_source(graph, order, loaded) if order.source else _empty(graph, order)
    return _Canvas(positive, negative, latent)


def _loaded(graph: Graph, order: Order) -> _Loaded:
    model = order.model
    if model.is_checkpoint:
        checkpoint = graph.add("checkpoint", "CheckpointLoaderSimple", ckpt_name=model.file)
        return _Loaded(checkpoint, Output("checkpoint", 1), Output("checkpoint", 2))
    diffusion = graph.add("diffusion", "UNETLoader", unet_name=model.file, weight_dtype="default")
    encoders, kind = model.parts.text_encoders, model.parts.encoder_type
    if len(encoders) == 2:
        clip = graph.add("encoder", "DualCLIPLoader", clip_name1=encoders[0], clip_name2=encoders[1], type=kind)
    else:
        clip = graph.add("encoder", "CLIPLoader", clip_name=encoders[0], type=kind)
    if model.baseline in _SHIFT:
        diffusion = graph.add("shifted", "ModelSamplingAuraFlow", model=diffusion, shift=_SHIFT[model.baseline])
    return _Loaded(diffusion, clip, graph.add("vae", "VAELoader", vae_name=model.parts.vae))


def _adapted(graph: Graph, order: Order, loaded: _Loaded) -> _Loaded:
    """With LoRAs, one after the other, and without the skipped layers."""
    for place, lora in enumerate(order.loras):
        name = f"lora_{place}"
        model = graph.add(
            name,
            "LoraLoader",
            model=loaded.model,
            clip=loaded.clip,
            lora_name=lora.file,
            strength_model=lora.model_strength,
            strength_clip=lora.clip_strength,
        )
        loaded = replace(loaded, model=model, clip=Output(name, 1))
    # One is each model's own default, which is not the last layer for all of them: nothing is set then.
    if order.clip_skip > 1:
        clip = graph.add("skipped", "CLIPSetLastLayer", clip=loaded.clip, stop_at_clip_layer=-order.clip_skip)
        loaded = replace(loaded, clip=clip)
    return loaded


def _with_wrapped_edges(graph: Graph, loaded: _Loaded) -> _Loaded:
    model = graph.add("tiled", "SeamlessTile", model=loaded.model, tiling="enable", copy_model="Make a copy")
    vae = graph.add("tiled_vae", "MakeCircularVAE", vae=loaded.vae, tiling="enable", copy_vae="Make a copy")
    return replace(loaded, model=model, vae=vae)


def _empty(graph: Graph, order: Order) -> Output:
    width, height = order.first_size
    has_sixteen_channels = order.model.is_flux or order.model.baseline in _SHIFT
    kind = "EmptySD3LatentImage" if has_sixteen_channels else "EmptyLatentImage"
    return graph.add("latent", kind, width=width, height=height, batch_size=1)


def _from_source(graph: Graph, order: Order, loaded: _Loaded) -> Output:
    source = graph.add("source", "LoadImage", image=order.source)
    latent = graph.add("latent", "VAEEncode", pixels=source, vae=loaded.vae)
    if order.has_mask:
        latent = graph.add("masked", "SetLatentNoiseMask", samples=latent, mask=Output("source", 1))
    return latent


def _to_fill(graph: Graph, order: Order, loaded: _Loaded, positive: Output, negative: Output) -> _Canvas:
    """For a model that was trained to fill masks: it sees mask and picture by its conditioning."""
    filled = graph.add(
        "to_fill",
        "InpaintModelConditioning",
        positive=positive,
        negative=negative,
        vae=loaded.vae,
        pixels=graph.add("source", "LoadImage", image=order.source),
        mask=Output("source", 1),
        noise_mask=True,
    )
    return _Canvas(filled, Output("to_fill", 1), Output("to_fill", 2))


def _controlled(graph: Graph, order: Order, positive: Output, negative: Output) -> Output:
    assert order.control is not None
    return graph.add(
        "controlled",
        "ControlNetApplyAdvanced",
        positive=positive,
        negative=negative,
        control_net=graph.add("controlnet", "ControlNetLoader", control_net_name=order.control.file),
        image=_control_map(graph, order),
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )


def _control_map(graph: Graph, order: Order) -> Output:
    assert order.control is not None
    source = graph.add("source", "LoadImage", image=order.source)
    preprocessor = order.control.preprocessor
    if not preprocessor:
        return source
    if preprocessor == CANNY:
        low, high = _CANNY_THRESHOLDS
        return graph.add("map", CANNY, image=source, low_threshold=low, high_threshold=high)
    return graph.add(
        "map", "AIO_Preprocessor", image=source, preprocessor=preprocessor, resolution=min(order.first_size)
    )


def _sampled(
    graph: Graph,
    node: str,
    order: Order,
    loaded: _Loaded,
    canvas: _Canvas,
    *,
    steps: int | None = None,
    denoising: float | None = None,
    cfg: float | None = None,
) -> Output:
    return graph.add(
        node,
        "KSampler",
        model=loaded.model,
        positive=canvas.positive,
        negative=canvas.negative,
        latent_image=canvas.latent,
        seed=order.seed & _LARGEST_SEED,
        steps=order.steps if steps is None else steps,
        cfg=order.cfg_scale if cfg is None else cfg,
        sampler_name=order.sampler,
        scheduler=order.scheduler,
        denoise=order.denoising if denoising is None else denoising,
    )


def _second_pass(graph: Graph, order: Order, loaded: _Loaded, canvas: _Canvas) -> Output:
    assert order.hires_fix is not None
    width, height = order.size
    larger = graph.add(
        "larger",
        "LatentUpscale",
        samples=canvas.latent,
        upscale_method="bislerp",
        width=width,
        height=height,
        crop="disabled",
    )
    return _sampled(
        graph,
        SECOND_SAMPLER,
        order,
        loaded,
        replace(canvas, latent=larger),
        steps=order.hires_fix.steps,
        denoising=order.hires_fix.strength,
    )


def _cascade(graph: Graph, order: Order) -> Output:
    """Stage C paints a very small picture by the prompt, stage B a small one by that; its VAE is stage A."""
    loaded = _adapted(graph, order, _loaded(graph, order))
    positive = graph.add("positive", "CLIPTextEncode", clip=loaded.clip, text=order.prompt)
    negative = graph.add("negative", "CLIPTextEncode", clip=loaded.clip, text=order.negative_prompt)
    width, height = order.size
    if order.source:
        latent = graph.add(
            "latent",
            "StableCascade_StageC_VAEEncode",
            image=graph.add("source", "LoadImage", image=order.source),
            vae=loaded.vae,
            compression=_CASCADE_COMPRESSION,
        )
    else:
        latent = graph.add(
            "latent",
            "StableCascade_EmptyLatentImage",
            width=width,
            height=height,
            compression=_CASCADE_COMPRESSION,
            batch_size=1,
        )
    first, second = _cascade_steps(order)
    small = _sampled(graph, FIRST_SAMPLER, order, loaded, _Canvas(positive, negative, latent), steps=first)
    stage_b = graph.add("stage_b", "CheckpointLoaderSimple", ckpt_name=order.model.parts.stage_b)
    nothing = graph.add("nothing", "ConditioningZeroOut", conditioning=positive)
    by_small = graph.add("by_small", "StableCascade_StageB_Conditioning", conditioning=nothing, stage_c=small)
    decoder = _Loaded(stage_b, Output("stage_b", 1), Output("stage_b", 2))
    canvas = _Canvas(by_small, nothing, Output("latent", 1))
    latent = _sampled(
        graph, SECOND_SAMPLER, order, decoder, canvas, steps=second, denoising=1.0, cfg=_CASCADE_SECOND_CFG
    )
    return graph.add("decoded", "VAEDecode", samples=latent, vae=decoder.vae)


def _cascade_steps(order: Order) -> tuple[int, int]:
    first = max(round(order.steps * _CASCADE_FIRST_SHARE), 1)
    return first, max(order.steps - first, 1)


def _upscaled(graph: Graph, order: Order, image: Output) -> Output:
    for place, upscaler in enumerate(order.upscalers):
        loaded = graph.add(f"upscaler_{place}", "UpscaleModelLoader", model_name=upscaler.file)
        image = graph.add(f"upscaled_{place}", "ImageUpscaleWithModel", upscale_model=loaded, image=image)
        if upscaler.scaled_by != 1.0:
            image = graph.add(
                f"scaled_{place}",
                "ImageScaleBy",
                image=image,
                upscale_method="lanczos",
                scale_by=upscaler.scaled_by,
            )
    return image
