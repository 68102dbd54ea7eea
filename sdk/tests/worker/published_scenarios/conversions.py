"""Popped jobs of each kind, and the parameters that they become."""

from __future__ import annotations

import base64
from typing import Any

from horde_sdk.ai_horde_api.apimodels import (
    AlchemyJobPopResponse,
    ImageGenerateJobPopResponse,
    TextGenerateJobPopResponse,
)
from horde_sdk.worker.dispatch.ai_horde.alchemy.convert import convert_alchemy_job_pop_response_to_parameters
from horde_sdk.worker.dispatch.ai_horde.image.convert import convert_image_job_pop_response_to_parameters
from horde_sdk.worker.dispatch.ai_horde.text.convert import convert_text_job_pop_response_to_parameters
from published_scenarios.telling import scenario

PICTURE = base64.b64encode(b"picture").decode()
ONE, TWO = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
OURS_TOO: Any = {"additional_params": True, "alchemy_params": {"operation_order"}}
"""What is told apart, and a field that only we have."""
BIG = {"hires_fix": True, "width": 1024, "height": 1024}


class Models:
    """Knows one baseline for all models, in the way that the package `horde_model_reference` is asked."""

    def __init__(self, baseline: str | None) -> None:
        self.baseline = baseline

    def query(self, category: Any) -> Models:
        return self

    def where(self, name: str) -> Models:
        return self

    def first(self) -> Models | None:
        return self if self.baseline else None


@scenario(
    "image pop",
    plain=({}, {}),
    negative_prompt=({"prompt": "a fox ### a dog"}, {}),
    two_separators=({"prompt": "a###b###c"}, {}),
    no_prompt=({"prompt": ""}, {}),
    karras=({"karras": True}, {}),
    clip_skip=({"clip_skip": 2}, {}),
    tiling=({"tiling": True}, {}),
    unknown_sampler=({"sampler_name": "k_new"}, {}),
    words_as_seed=({"seed": "abc"}, {}),
    lora=({"loras": [{"name": "x", "model": 0.5, "clip": 1.0, "inject_trigger": "any", "is_version": False}]}, {}),
    loras=({"loras": [{"name": "12", "is_version": True}, {"name": "x"}]}, {}),
    inversion=({"tis": [{"name": "7", "inject_ti": "prompt", "strength": 0.7}]}, {}),
    workflow=({"workflow": "qr_code", "extra_texts": [{"text": "https://x", "reference": "qr_code"}]}, {}),
    img2img=({"denoising_strength": 0.6}, {"source_processing": "img2img", "source_image": PICTURE}),
    inpainting=({}, {"source_processing": "inpainting", "source_image": PICTURE, "source_mask": PICTURE}),
    no_mask=({}, {"source_processing": "inpainting", "source_image": PICTURE}),
    broken_source=({}, {"source_processing": "img2img", "source_image": "!!!"}),
    empty_source=({}, {"source_processing": "img2img", "source_image": ""}),
    remix=(
        {},
        {
            "source_processing": "remix",
            "source_image": PICTURE,
            "extra_source_images": [{"image": PICTURE, "strength": 0.5}],
        },
    ),
    control=({"control_type": "canny"}, {"source_processing": "img2img", "source_image": PICTURE}),
    control_map=(
        {"control_type": "canny", "image_is_control": True},
        {"source_processing": "img2img", "source_image": PICTURE},
    ),
    returned_map=(
        {"control_type": "canny", "return_control_map": True},
        {"source_processing": "img2img", "source_image": PICTURE},
    ),
    batch=({"n_iter": 2}, {"ids": [ONE, TWO], "r2_uploads": ["https://a", "https://b"]}),
    post_processing=({"post_processing": ["RealESRGAN_x4plus", "GFPGAN", "strip_background"]}, {}),
    face_strength=({"post_processing": ["CodeFormers"], "facefixer_strength": 0.4}, {}),
    hires_of_an_unknown_model=(BIG, {}),
    hires_of_a_tall_unknown_model=({**BIG, "height": 2048}, {}),
    hires_of_sd1=(BIG, {}, "stable_diffusion_1"),
    hires_of_sdxl=({**BIG, "width": 2048}, {}, "stable_diffusion_xl"),
    hires_strength=({**BIG, "hires_fix_denoising_strength": 0.4}, {}, "stable_diffusion_1"),
)
def _image(payload: dict[str, Any], more: dict[str, Any], baseline: str | None = None) -> Any:
    popped = {
        "id": ONE, "ids": [ONE], "model": "Deliberate", "skipped": {}, "source_processing": "txt2img",
        "r2_uploads": ["https://example.org/up"],
        "payload": {
            "prompt": "a fox", "seed": "1", "width": 512, "height": 512, "ddim_steps": 20, "cfg_scale": 7.0,
            "sampler_name": "k_euler", "n_iter": 1, "tiling": False, **payload,
        },
        **more,
    }  # fmt: skip
    models: Any = Models(baseline)
    made = convert_image_job_pop_response_to_parameters(ImageGenerateJobPopResponse(**popped), models)
    components = made.generation_parameters.additional_params.components
    return {
        "parameters": made.generation_parameters.model_dump(exclude=OURS_TOO),
        "components": [[type(one).__name__, one.model_dump()] for one in components],
        "dispatch": made.dispatch_parameters.model_dump(exclude={"no_valid_request_found_reasons"}),
        "faults": [fault.model_dump(mode="json") for fault in made.faults],
    }


@scenario(
    "text pop",
    plain=({}, {}),
    samplers=({"temperature": 0.7, "top_k": 40, "top_p": 0.9, "rep_pen": 1.1, "sampler_order": [6, 0, 1]}, {}),
    format=({"frmtadsnsp": True, "frmttriminc": True, "singleline": False}, {}),
    stops=({"stop_sequence": ["###", "\n"]}, {}),
    no_prompt=({"prompt": ""}, {}),
    no_model=({}, {"model": None}),
    softprompt=({}, {"softprompt": "soft"}),
)
def _text(payload: dict[str, Any], more: dict[str, Any]) -> Any:
    popped = {
        "id": ONE, "ids": [ONE], "model": "tiny-tales", "skipped": {}, "ttl": 60,
        "payload": {"prompt": "once", "max_length": 80, "max_context_length": 1024, "n": 1, **payload}, **more,
    }  # fmt: skip
    parameters, dispatch = convert_text_job_pop_response_to_parameters(TextGenerateJobPopResponse(**popped))
    told = dispatch.model_dump(exclude={"no_valid_request_found_reasons"})
    return {"parameters": parameters.model_dump(exclude={"operation_order"}), "dispatch": told}


@scenario(
    "alchemy pop",
    caption=(["caption"],),
    upscaler=(["RealESRGAN_x4plus"],),
    facefixer=(["GFPGAN"],),
    interrogation=(["interrogation"],),
    nsfw=(["nsfw"],),
    strip_background=(["strip_background"],),
    several=(["caption", "RealESRGAN_x4plus", "GFPGAN"],),
    none=([],),
)
def _alchemy(forms: list[str]) -> Any:
    popped = {
        "skipped": {},
        "forms": [
            {
                "id": (ONE, TWO, ONE[:-1] + "3")[place], "form": form, "r2_upload": "https://example.org/up",
                "source_image": PICTURE, "payload": None,
            }
            for place, form in enumerate(forms)
        ],
    }  # fmt: skip
    parameters, dispatch = convert_alchemy_job_pop_response_to_parameters(AlchemyJobPopResponse(**popped))
    told = dispatch.model_dump(exclude={"no_valid_request_found_reasons"})
    return {"parameters": parameters.model_dump(exclude={"operation_order"}), "dispatch": told}
