"""AUTOMATIC1111's words and pictures as the horde has them, and back."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from horde_server.errors import HordeError
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.sdapi.fitting import (
    ResizeMode,
    Size,
    canvas_of,
    mask_of,
    pasted,
    to_canvas,
    window_of,
)
from horde_server.gateway.sdapi.infotext import Made, info, infotext, read_infotext
from horde_server.gateway.sdapi.prompts import BadLora, joined, without_loras
from horde_server.gateway.sdapi.samplers import NAMES, Sampling, UnknownSampler, name_of, sampling_of
from horde_server.gateway.sdapi.sources import prepared
from horde_server.gateway.sdapi.wishes import SamplerNotFound, Unprocessable, Wish, read_wish
from horde_server.requests.image.order import Lora
from horde_server.requests.image.vocabulary import SamplerName


def wish(is_img2img: bool = False, most_side: int = 3072, **fields: Any) -> Wish:
    return read_wish(Body({"prompt": "a lighthouse", **fields}), is_img2img=is_img2img, most_side=most_side)


def picture(size: tuple[int, int] = (64, 64), color: str = "teal", mode: str = "RGB") -> str:
    target = io.BytesIO()
    Image.new(mode, size, color).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


class TestSamplers:
    def test_every_listed_one_is_the_hordes_and_comes_back(self) -> None:
        for name, horde_name in NAMES.items():
            assert sampling_of(name).name == horde_name
            assert sampling_of(name.upper()).name == horde_name
            assert name_of(horde_name) == name
        assert set(NAMES.values()) < set(SamplerName.__args__)  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("sampler", "scheduler", "expected"),
        [
            ("DPM++ 2M Karras", "", Sampling("k_dpmpp_2m", True)),
            ("DPM++ 2M SDE Exponential", "", Sampling("k_dpmpp_2m", False)),
            ("Euler a", "Automatic", Sampling("k_euler_a", True)),
            ("Euler", "normal", Sampling("k_euler", False)),
            ("k_euler_ancestral", "Karras", Sampling("k_euler_a", True)),
            ("UniPC", "sgm_uniform", Sampling("k_dpmpp_2m", False)),
        ],
    )
    def test_schedules_stand_in_the_name_or_beside_it(self, sampler: str, scheduler: str, expected: Sampling) -> None:
        assert sampling_of(sampler, scheduler) == expected

    def test_what_nobody_knows_is_not_found(self) -> None:
        with pytest.raises(UnknownSampler):
            sampling_of("Eulerette")
        with pytest.raises(SamplerNotFound) as refused:
            wish(sampler_name="Eulerette")
        assert (refused.value.status, refused.value.message) == (404, "Sampler not found")


class TestPrompts:
    def test_loras_are_taken_out(self) -> None:
        assert without_loras("a cat <lora:furry:0.7>, red <lora:123456:1:0.5>") == (
            "a cat , red",
            (Lora("furry", 0.7, 0.7), Lora("123456", 1.0, 0.5, is_version=True)),
        )
        assert without_loras("a (red:1.3) cat BREAK sky") == ("a (red:1.3) cat BREAK sky", ())

    def test_strengths_are_numbers_within_reason(self) -> None:
        for prompt in ("<lora:x:1.2.3>", "<lora:x:99>", "<lora:a:1>" * 6):
            with pytest.raises(BadLora):
                without_loras(prompt)
        with pytest.raises(Unprocessable):
            wish(prompt="<lora:x:99>")

    def test_the_negative_stands_behind_three_hashes(self) -> None:
        assert joined("a", "b") == "a###b"
        assert joined("a", " ") == "a"


class TestWishes:
    def test_defaults_are_the_web_uis(self) -> None:
        order = wish().order
        assert (order.steps, order.cfg_scale, order.width, order.height, order.n) == (50, 7.0, 512, 512, 1)
        assert (order.sampler_name, order.karras, order.seed) == ("k_euler", True, None)

    def test_sides_are_brought_to_the_grid_and_the_wish_is_kept(self) -> None:
        found = wish(width=500, height=770)
        assert (found.order.width, found.order.height, found.size) == (512, 768, (500, 770))

    def test_a_seed_counts_up_over_a_batch(self) -> None:
        order = wish(seed=5, batch_size=2, n_iter=2).order
        assert (order.seed, order.seed_variation, order.n) == ("5", 1, 4)
        with pytest.raises(Unprocessable):
            wish(batch_size=7, n_iter=3)

    def test_hires_is_one_pass_more_or_an_upscaler_where_nobody_makes_it_so_large(self) -> None:
        twice = wish(enable_hr=True, denoising_strength=0.4)
        assert (twice.order.width, twice.order.hires_fix, twice.order.hires_fix_denoising_strength) == (1024, True, 0.4)
        large = wish(enable_hr=True, hr_scale=3, most_side=1024)
        assert (large.order.width, large.order.hires_fix, large.size.width) == (512, False, 1536)
        assert large.order.post_processing == ("RealESRGAN_x4plus",)

    def test_models_faces_and_clip_skip_stand_in_overrides(self) -> None:
        found = wish(
            restore_faces=True,
            override_settings={
                "sd_model_checkpoint": "Deliberate [9aba26abdf]", "CLIP_stop_at_last_layers": 2,
                "face_restoration_model": "CodeFormer", "samples_format": "jpg",
            },
        )  # fmt: skip
        assert (found.checkpoint, found.order.clip_skip, found.file_format) == ("Deliberate", 2, "jpeg")
        assert found.order.post_processing == ("CodeFormers",)

    def test_one_controlnet_is_applied(self) -> None:
        unit = {"enabled": True, "module": "canny", "model": "control_v11p_sd15_canny", "image": picture()}
        found = wish(alwayson_scripts={"ControlNet": {"args": [unit]}})
        assert (found.order.control_type, found.order.image_is_control) == ("canny", False)
        assert found.source is not None and found.source.is_control
        ready_made = wish(alwayson_scripts={"controlnet": {"args": [{**unit, "module": "none"}]}})
        assert ready_made.order.image_is_control
        with pytest.raises(Unprocessable):
            wish(alwayson_scripts={"ControlNet": {"args": [unit, unit]}})
        assert wish(alwayson_scripts={"ControlNet": {"args": [{**unit, "enabled": False}]}}).order.control_type is None

    def test_scripts_are_refused_and_strangers_things_are_not_looked_at(self) -> None:
        with pytest.raises(Unprocessable, match=r"Scripts are not supported\."):
            wish(script_name="X/Y/Z plot")
        wish(
            script_name="None", url="http://elsewhere", auth="somebody:secret", alwayson_scripts={"other": {"args": 1}}
        )

    def test_pictures_are_needed_for_img2img(self) -> None:
        with pytest.raises(Unprocessable):
            wish(is_img2img=True)
        found = wish(is_img2img=True, init_images=[picture()], denoising_strength=0)
        assert (found.order.source_processing, found.order.denoising_strength) == ("img2img", 0.01)
        assert wish(is_img2img=True, init_images=[picture()], mask=picture()).order.source_processing == "inpainting"
        with pytest.raises(BadField):
            wish(is_img2img=True, init_images=["a"] * 7)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.dictionaries(
            st.sampled_from(
                [
                    "prompt",
                    "negative_prompt",
                    "width",
                    "height",
                    "steps",
                    "cfg_scale",
                    "seed",
                    "batch_size",
                    "n_iter",
                    "sampler_name",
                    "scheduler",
                    "enable_hr",
                    "hr_scale",
                    "hr_resize_x",
                    "override_settings",
                    "alwayson_scripts",
                    "init_images",
                    "mask",
                    "resize_mode",
                    "mask_blur",
                    "inpaint_full_res",
                    "styles",
                ]
            ),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
                max_leaves=6,
            ),
        ),
        st.booleans(),
    )
    def test_any_body_is_a_wish_or_is_refused(self, fields: dict[str, Any], is_img2img: bool) -> None:
        try:
            found = read_wish(Body(fields), is_img2img=is_img2img)
        except HordeError as refused:
            assert 400 <= refused.status < 500  # noqa: PT017
        else:
            assert 1 <= found.order.n <= 20
            assert found.order.width % 64 == 0 and 64 <= found.order.width <= 3072


class TestInfotext:
    MADE = Made(
        prompt="a lighthouse,\nat night", negative_prompt="fog: dense", steps=20, sampler_name="Euler a",
        scheduler="Karras", cfg_scale=7.5, seed=2**40, width=512, height=768, model="a, b: c", denoising_strength=0.4,
        clip_skip=2,
    )  # fmt: skip

    def test_what_is_written_is_read(self) -> None:
        read = read_infotext(infotext(self.MADE))
        assert (read["Prompt"], read["Negative prompt"]) == ("a lighthouse,\nat night", "fog: dense")
        assert (read["Steps"], read["Seed"], read["Sampler"], read["Model"]) == ("20", str(2**40), "Euler a", "a, b: c")
        assert (read["Size-1"], read["Size-2"], read["Clip skip"]) == ("512", "768", "2")

    def test_info_is_json_in_a_string(self) -> None:
        told = json.loads(info([self.MADE, self.MADE], 2))
        assert (told["all_seeds"], told["batch_size"], told["sd_model_name"]) == ([2**40, 2**40], 2, "a, b: c")
        assert told["infotexts"][0] == infotext(self.MADE)
        assert info([], 1) == "{}"

    @given(st.text(max_size=300))
    def test_any_text_can_be_read(self, text: str) -> None:
        assert "Prompt" in read_infotext(text)


class TestFitting:
    @pytest.mark.parametrize("mode", list(ResizeMode))
    @pytest.mark.parametrize("size", [(100, 50), (50, 100), (128, 64), (64, 64)])
    def test_a_source_gets_the_canvas(self, mode: ResizeMode, size: tuple[int, int]) -> None:
        assert to_canvas(Image.new("RGB", size), Size(128, 64), mode).size == (128, 64)

    def test_a_mask_is_white_where_it_is_repainted(self) -> None:
        grey = Image.new("L", (8, 8), 0)
        grey.paste(255, (4, 0, 8, 8))
        assert mask_of(grey, is_inverted=False, blur_pixels=0).getpixel((6, 1)) == 255
        assert mask_of(grey, is_inverted=True, blur_pixels=0).getpixel((6, 1)) == 0
        soft = mask_of(grey, is_inverted=False, blur_pixels=2).getpixel((3, 4))
        assert isinstance(soft, (int, float)) and 0 < soft < 255
        holes = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
        holes.paste((9, 9, 9, 255), (4, 0, 8, 8))
        assert mask_of(holes, is_inverted=False, blur_pixels=0).getpixel((6, 1)) == 255

    def test_only_the_masked_is_cut_out_and_put_back(self) -> None:
        mask = Image.new("L", (256, 128), 0)
        mask.paste(255, (100, 50, 140, 90))
        window = window_of(mask, Size(64, 64), 8)
        assert window == (92, 42, 148, 98)
        whole = pasted(Image.new("RGB", (64, 64), "red"), Image.new("RGB", (256, 128), "blue"), mask, window)
        assert whole.getpixel((120, 70)) == (255, 0, 0)
        assert whole.getpixel((95, 45)) == (0, 0, 255)
        assert window_of(Image.new("L", (8, 8), 0), Size(64, 64), 0) is None

    @given(st.integers(1, 256), st.integers(1, 256), st.integers(0, 255), st.integers(0, 255), st.integers(0, 300))
    def test_a_window_lies_in_the_picture(self, wide: int, high: int, x: int, y: int, padding: int) -> None:
        mask = Image.new("L", (wide, high), 0)
        mask.putpixel((x % wide, y % high), 255)
        window = window_of(mask, Size(128, 64), padding)
        assert window is not None
        left, top, right, low = window
        assert 0 <= left <= x % wide < right <= wide
        assert 0 <= top <= y % high < low <= high

    def test_the_canvas_is_the_nearest_that_the_horde_makes(self) -> None:
        assert canvas_of(Size(500, 31)) == (512, 64)
        assert canvas_of(Size(4000, 1055)) == (3072, 1024)


class TestSources:
    def test_a_source_and_its_mask_get_the_canvas(self) -> None:
        found = wish(is_img2img=True, init_images=[picture((100, 80))], mask=picture((50, 40)), inpaint_full_res=False)
        assert found.source is not None
        ready = prepared(found.source, Size(128, 64))
        for text in (ready.image, ready.mask):
            with Image.open(io.BytesIO(base64.b64decode(text))) as image:
                assert image.size == (128, 64)

    @pytest.mark.parametrize("text", ["no picture", base64.b64encode(b"GIF89a").decode(), "data:image/png;base64,AAAA"])
    def test_what_is_no_picture_is_refused_by_its_field(self, text: str) -> None:
        found = wish(is_img2img=True, init_images=[text])
        assert found.source is not None
        with pytest.raises(Unprocessable, match="init_images"):
            prepared(found.source, Size(64, 64))
