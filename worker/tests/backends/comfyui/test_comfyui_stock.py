"""What a ComfyUI has, read from it, and what is offered of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from played_comfyui.bench import MODEL, ComfyUi, a_job, made, until
from played_comfyui.contract import ContractServer, Queued
from played_comfyui.schema import EXTENSION_NODES, STOCK_NODES
from played_comfyui.weights import CHECKPOINT, UPSCALER
from structlog.testing import capture_logs

from horde_worker.backends.comfyui import others
from horde_worker.backends.comfyui import stock as stock_module
from horde_worker.backends.comfyui.abilities import Additions, Wishes, abilities_of
from horde_worker.backends.comfyui.control import CONTROL_TYPES, served_types
from horde_worker.backends.comfyui.local_models import Models, horde_name, local_models
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.comfyui.upscalers import Upscaler, served_upscalers, upscaler
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.normalise.baselines import Baseline

ALL = Stock(
    nodes=frozenset({**STOCK_NODES, **EXTENSION_NODES}),
    samplers=frozenset({"euler", "dpmpp_2m"}),
    schedulers=frozenset({"normal"}),
    preprocessors=frozenset(EXTENSION_NODES["AIO_Preprocessor"].optional["preprocessor"].of),  # type: ignore[union-attr]
    checkpoints=(CHECKPOINT,),
)
CONTROLNETS = tuple(
    f"control_v11_sd15_{name}.pth"
    for name in ("canny", "softedge", "depth", "normalbae", "openpose", "seg", "scribble", "mlsd")
)


def offered(stock: Stock, **wishes: Any) -> frozenset[str]:
    return abilities_of(stock, local_models(stock, {}), Wishes(**wishes), Additions()).capabilities


async def test_everything_is_read_from_the_server(played: ComfyUi, tmp_path: Path) -> None:
    """What it has is offered, under the names that it has."""
    assert played.contract is not None
    played.contract.install_extensions()
    abilities = (await played.opened(loras_folder=str(tmp_path))).abilities
    assert set(abilities.models) == {MODEL, f"{MODEL}-inpainting"}
    assert abilities.capabilities >= {"karras", "img2img", "inpainting", "hires_fix", "tiling", "lora", "controlnet"}
    assert abilities.capabilities >= {"post-processing", "RealESRGAN_x4plus", "clip_skip", "r2", "r2_source"}
    assert abilities.capabilities.isdisjoint({"textual_inversion", "flux", "layer_diffuse", "qr_code", "GFPGAN"})
    assert {"k_euler", "DDIM", "lcm"} <= abilities.samplers
    assert "plms" not in abilities.samplers
    assert (abilities.max_pixels, abilities.max_batch, abilities.knows_nsfw) == (2048 * 2048, 4, True)


async def test_a_processor_is_offered_for_little(played: ComfyUi) -> None:
    """Unless the owner says otherwise."""
    assert played.contract is not None
    played.contract.device = {"type": "cpu", "vram_total": 64 << 30}
    few = (await played.opened()).abilities
    assert (few.max_pixels, few.max_batch) == (512 * 512, 1)
    more = (await played.opened(max_pixels=768 * 768, max_batch=2)).abilities
    assert (more.max_pixels, more.max_batch) == (768 * 768, 2)


async def test_the_owner_names_the_models(played: ComfyUi) -> None:
    """Those alone are offered; one that is not there is told to him once, and not offered."""
    wishes = {"Deliberate": CHECKPOINT, "Dreamshaper": MODEL, "Lost": "lost.safetensors"}
    with capture_logs() as logs:
        backend = await played.opened(models=wishes)
    assert backend.abilities.models == ("Deliberate", "Dreamshaper")
    told = [one for one in logs if one["event"] == "worker.comfyui_models_missing"]
    assert [one["missing"] for one in told] == [["Lost: there is no file lost.safetensors"]]


async def test_without_a_model_there_is_nothing_to_offer(contract: ContractServer, played: ComfyUi) -> None:
    """And the owner reads why."""
    with pytest.raises(BackendFailure, match=r"no model to offer: Lost: there is no file lost"):
        await played.opened(models={"Lost": "lost"})
    contract.files["checkpoints"] = []
    with pytest.raises(BackendFailure, match="ComfyUI has no model to offer"):
        await played.opened()


async def test_a_folder_is_used_where_the_server_finds_what_lies_there(
    contract: ContractServer, played: ComfyUi, tmp_path: Path
) -> None:
    """Else what is fetched would be in no picture. It may become right while the worker runs."""
    (tmp_path / "fetched.safetensors").touch()
    options = {"loras_folder": str(tmp_path), "embeddings_folder": str(tmp_path)}
    with capture_logs() as logs:
        backend = await played.opened(**options)
    assert backend.abilities.capabilities.isdisjoint({"lora", "lora_versions", "textual_inversion"})
    told = [one["option"] for one in logs if one["event"] == "worker.comfyui_folder_not_shared"]
    assert told == ["loras_folder", "embeddings_folder"]
    contract.files["loras"].append("horde/fetched.safetensors")
    contract.embeddings.append("fetched")
    assert (await backend._look()).abilities.capabilities >= {"lora", "lora_versions", "textual_inversion"}
    with pytest.raises(BackendFailure, match="the option loras_folder names no folder that is here"):
        await played.opened(loras_folder=str(tmp_path / "nowhere"))


async def test_who_else_uses_it_is_seen(
    contract: ContractServer, played: ComfyUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its queue."""
    monkeypatch.setattr(others, "LOOK_EVERY_S", 0.01)
    backend = await played.opened()
    assert len((await made(backend, a_job(steps=20))).results) == 1
    assert not backend.used_by_others  # its own job is nobody else's
    contract.mishaps = ["hangs"]
    own = Queued("the owner's", {"output": {"class_type": "Nothing", "inputs": {}}}, "the owner")
    contract.queue(own)
    await until(lambda: backend.used_by_others)
    own.interrupted.set()
    await until(lambda: not backend.used_by_others)


async def test_a_file_tells_what_it_is(contract: ContractServer, played: ComfyUi) -> None:
    """In its header, which goes before what its name gives away; it is asked for once."""
    contract.files["checkpoints"] = ["mix.safetensors", "odd.safetensors", "long.safetensors", "old.ckpt"]
    contract.headers["mix.safetensors"] = {"modelspec.architecture": "stable-diffusion-xl-v1-base"}
    contract.headers["odd.safetensors"] = ["no header", {"modelspec.architecture": 5}]
    contract.headers["long.safetensors"] = {"modelspec.architecture": "flux-1-dev", "thumbnail": "x" * (3 << 20)}
    known = await (await played.opened())._look()
    baselines = {one.name: one.baseline for one in known.models.ready}
    others_are = dict.fromkeys(("odd", "long", "old"), Baseline.stable_diffusion_1)
    assert baselines == {"mix": Baseline.stable_diffusion_xl, **others_are}


async def test_a_maker_tries_itself_out_and_lets_go_of_memory(contract: ContractServer, played: ComfyUi) -> None:
    """As whoever runs it asks."""
    backend = await played.opened()
    painted = len(contract.graphs)
    await backend.self_test()
    assert len(contract.graphs) == painted + 1
    await backend.unload()
    assert contract.freed == 1


async def test_lists_and_descriptions_have_limits(
    contract: ContractServer, played: ComfyUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's in files, their names in characters, a node's in bytes."""
    contract.files["upscale_models"] = [UPSCALER, "x" * 501, *(f"{place}.pth" for place in range(10))]
    monkeypatch.setattr(stock_module, "MAX_FILES", 4)
    known = await (await played.opened())._look()
    assert known.stock.upscalers == (UPSCALER, "0.pth", "1.pth")
    monkeypatch.setattr(stock_module, "NODE_LIMIT_BYTES", 100)
    with pytest.raises(BackendFailure, match="sent more than 100 bytes"):
        await played.opened()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"controlnet": "maybe"}, "one of all, some, off"),
        ({"max_pixels": 0}, "max_pixels of comfyui is a number"),
        ({"max_batch": 21}, "max_batch of comfyui is a number"),
        ({"max_batch": True}, "max_batch of comfyui is a number"),
        ({"colour": "red"}, "no option 'colour'"),
        ({"url": "127.0.0.1:8188"}, "begins with http"),
    ],
)
async def test_wrong_options_are_told(played: ComfyUi, options: dict[str, Any], told: str) -> None:
    """Before anything is asked of the server."""
    with pytest.raises(BackendFailure, match=told):
        await played.opened(**options)


def test_controlnet_stands_for_every_control_type() -> None:
    """So it takes all of them, or the owner's word that some will do."""
    canny = replace(ALL, controlnets=("control_v11_sd15_canny.pth",))
    assert "controlnet" not in offered(canny)
    assert "controlnet" in offered(canny, controlnet="some")
    assert "controlnet" in offered(replace(ALL, controlnets=CONTROLNETS))
    assert "controlnet" not in offered(replace(ALL, controlnets=CONTROLNETS), controlnet="off")
    assert served_types(replace(ALL, controlnets=CONTROLNETS), Baseline.stable_diffusion_1) == set(CONTROL_TYPES)


def test_controlnets_of_other_models_are_not_taken() -> None:
    """They say what they are for in their names."""
    stock = replace(ALL, controlnets=("controlnet-canny-sdxl-1.0.safetensors", "flux-canny.safetensors"))
    assert served_types(stock, Baseline.stable_diffusion_1) == frozenset()
    assert served_types(stock, Baseline.stable_diffusion_xl) == {"canny"}
    assert served_types(stock, Baseline.flux_1) == frozenset()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("RealESRGAN_x4plus.pth", "RealESRGAN_x4plus"),
        ("folder/RealESRGAN_x4plus_anime_6B.pth", "RealESRGAN_x4plus_anime_6B"),
        ("4x_NMKD-Siax_200k.pth", "NMKD_Siax"),
        ("4x-AnimeSharp.pth", "4x_AnimeSharp"),
        ("2x-ModernSpanimationV1.5.pth", "2xModernSpanimationV1"),
    ],
)
def test_upscalers_are_known_by_the_names_they_are_published_under(file: str, name: str) -> None:
    """And no file is taken for another one."""
    stock = replace(ALL, upscalers=(file,))
    found = upscaler(stock, name)
    assert found is not None
    assert found.file == file
    assert served_upscalers(stock) - {"RealESRGAN_x2plus"} == {name}


def test_twice_as_large_may_be_half_of_four_times() -> None:
    """Where its own file is not there."""
    four, two = "RealESRGAN_x4plus.pth", "RealESRGAN_x2plus.pth"
    assert upscaler(replace(ALL, upscalers=(four,)), "RealESRGAN_x2plus") == Upscaler(four, 2, 0.5)
    assert upscaler(replace(ALL, upscalers=(four, two)), "RealESRGAN_x2plus") == Upscaler(two, 2)


FLUX = replace(
    ALL,
    checkpoints=(CHECKPOINT, "sd_xl_refiner_1.0.safetensors"),
    diffusion_models=("flux1-dev.safetensors", "qwen_image_fp8_e4m3fn.safetensors", "z_image_turbo_bf16.safetensors"),
    text_encoders=(
        "clip_l.safetensors",
        "t5xxl_fp8_e4m3fn.safetensors",
        "qwen_2.5_vl_7b_fp8_scaled.safetensors",
        "qwen_3_4b.safetensors",
    ),
    vaes=("pixel_space", "vae-ft-mse.safetensors", "ae.safetensors", "qwen_image_vae.safetensors"),
)


def by_name(stock: Stock, wishes: dict[str, str] | None = None) -> Models:
    return local_models(stock, wishes or {})


def test_models_of_several_parts_are_put_together() -> None:
    """By the names their parts are published under."""
    models = {model.name: model for model in by_name(FLUX).ready}
    assert set(models) == {MODEL, "flux1-dev", "Qwen-Image", "Z-Image-Turbo"}
    flux = models["flux1-dev"].parts
    assert (flux.text_encoders, flux.vae) == (
        ("clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"),
        "ae.safetensors",
    )
    assert models["Qwen-Image"].parts.vae == "qwen_image_vae.safetensors"
    assert models["Z-Image-Turbo"].parts.text_encoders == ("qwen_3_4b.safetensors",)
    assert "flux" in offered(FLUX)


def test_a_model_that_lacks_a_part_is_not_offered() -> None:
    """And an owner who wanted it reads why."""
    poor = replace(FLUX, text_encoders=("clip_l.safetensors",))
    assert {model.name for model in by_name(poor).ready} == {MODEL}
    assert by_name(poor, {"Flux": "flux1-dev"}).missing == ("Flux: its text encoder or its VAE is not there",)
    old = replace(FLUX, nodes=FLUX.nodes - {"DualCLIPLoader"})
    assert by_name(old, {"Flux": "flux1-dev"}).missing == ("Flux: the nodes DualCLIPLoader are not there",)


def test_stable_cascade_is_two_checkpoints() -> None:
    """Of which one is offered."""
    stages = ("stable_cascade_stage_b.safetensors", "stable_cascade_stage_c.safetensors")
    found = by_name(replace(ALL, checkpoints=stages)).ready
    assert [(one.name, one.file, one.parts.stage_b) for one in found] == [("Stable Cascade 1.0", stages[1], stages[0])]
    assert by_name(replace(ALL, checkpoints=stages[1:])).ready == ()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("v1-5-pruned-emaonly.safetensors", "stable_diffusion"),
        ("sd15\\dreamshaper_8.safetensors", "Dreamshaper"),
        ("Deliberate_v2.ckpt", "Deliberate"),
        ("my own mix.safetensors", "my own mix"),
    ],
)
def test_well_known_files_have_their_names_in_the_horde(file: str, name: str) -> None:
    """Others have their own."""
    assert horde_name(file) == name
