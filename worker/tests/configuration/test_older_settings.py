"""bridgeData.yaml: every key of both older workers is used or named, with the line it stands on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from horde_worker.configuration.bridge_data import KNOWN_KEYS
from horde_worker.configuration.load import Loaded, WrongSettings, load, read_bridge_data

DREAMER = """\
# A template as the newer worker for pictures has it: every key with what it is when nothing is changed.
horde_url: "https://aihorde.net/api/"
api_key: "0000000000"
priority_usernames: []
max_threads: 1
queue_size: 1
max_batch: 1
safety_on_gpu: false
require_upfront_kudos: false
remove_maintenance_on_init: false
limited_console_messages: false
dreamer_name: "An Awesome Dreamer"
max_power: 8
high_memory_mode: false
very_high_memory_mode: false
high_performance_mode: false
moderate_performance_mode: false
post_process_job_overlap: false
unload_models_from_vram_often: true
very_fast_disk_mode: false
cycle_process_on_model_change: false
blacklist: []
nsfw: true
censor_nsfw: false
censorlist: []
allow_img2img: true
allow_painting: true
allow_unsafe_ip: true
allow_post_processing: true
allow_controlnet: false
allow_sdxl_controlnet: false
allow_lora: false
max_lora_cache_size: 10
civitai_api_token:
purge_loras_on_download: false
extra_slow_worker: false
limit_max_steps: false
stats_output_frequency: 30
cache_home: "./models/"
models_to_load:
  - "top 2"
models_to_skip:
  - "pix2pix"
  - "SDXL_beta::stability.ai#6901"
load_large_models: false
custom_models: []
suppress_speed_warnings: false
exit_on_unhandled_faults: false
process_timeout: 300
alchemist_name: "An Awesome Alchemist"
forms:
  - "caption"
  - "post-process"
"""
SCRIBE = """\
horde_url: https://aihorde.net
api_key: "a-key-of-22-characters"
scribe_name: my-scribe
kai_url: "http://localhost:5000"
max_length: 80
max_context_length: 1024
branded_model: false
max_threads: 4
ray_temp_dir: "C:\\tmp\\ray"
dynamic_models: true
number_of_dynamic_models: 3
openai_api: false
backend_engine: koboldcpp
queue_size: 0
my_own_key: 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "bridgeData.yaml"


def imported(path: Path, text: str) -> Loaded:
    """A file with this text."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return load(path, {}, {})


def test_every_key_of_the_appendix_is_known() -> None:
    """As the specification lists them, kept here by name."""
    listed = """
        horde_url api_key worker_name dreamer_name scribe_name alchemist_name priority_usernames max_threads queue_size
        max_batch safety_on_gpu require_upfront_kudos remove_maintenance_on_init limited_console_messages max_power
        high_memory_mode very_high_memory_mode high_performance_mode moderate_performance_mode post_process_job_overlap
        unload_models_from_vram_often very_fast_disk_mode cycle_process_on_model_change blacklist censorlist nsfw
        censor_nsfw allow_img2img allow_painting allow_unsafe_ip allow_post_processing allow_controlnet
        allow_sdxl_controlnet allow_lora civitai_api_token purge_loras_on_download max_lora_cache_size extra_slow_worker
        limit_max_steps model_stickiness dynamic_models number_of_dynamic_models max_models_to_download
        stats_output_frequency cache_home nataili_cache_home temp_dir ray_temp_dir always_download disable_terminal_ui
        disable_disk_cache vram_to_leave_free ram_to_leave_free models_to_load models_to_skip load_large_models
        custom_models extra_stable_diffusion_models_folders suppress_speed_warnings exit_on_unhandled_faults
        process_timeout post_process_timeout download_timeout preload_timeout inference_step_timeout
        minutes_allowed_without_jobs capture_kudos_training_data kudos_training_data_file kai_url max_length
        max_context_length branded_model openai_api backend_engine forms
    """.split()  # noqa: SIM905 - a list of words reads best as text
    assert set(listed) == KNOWN_KEYS


def test_the_template_of_the_picture_worker(path: Path) -> None:
    """What is as it is here anyway needs no word; names that everybody has are left out."""
    found = imported(path, DREAMER)
    wanted = found.configuration
    assert (wanted.horde, wanted.api_key, wanted.max_pixels) == ("https://aihorde.net", "0000000000", 512 * 512)
    assert (wanted.name, wanted.names.image, wanted.backends) == (None, None, [])
    assert (wanted.offer.models, wanted.offer.large) == (["top 2"], False)
    assert wanted.offer.skip == ["pix2pix", "SDXL_beta::stability.ai#6901"]
    assert (wanted.allow_lora, wanted.allow_controlnet, wanted.allow_img2img) == (False, False, True)
    assert wanted.forms[0] == "caption"
    assert {"RealESRGAN_x4plus", "CodeFormers", "strip_background"} < set(wanted.forms)
    assert "post-process" not in wanted.forms
    lines = {int(one[1]) for notice in found.notices if (one := re.search(r"line (\d+)", notice))}
    named = {DREAMER.splitlines()[line - 1].split(":")[0] for line in lines}
    assert named == {
        *("dreamer_name", "alchemist_name", "stats_output_frequency", "cache_home", "custom_models"),
        "process_timeout",
    }


def test_the_template_of_the_text_worker(path: Path) -> None:
    """The text program becomes the backend; backslashes of Windows, keys that nobody knows."""
    found = imported(path, SCRIBE)
    wanted = found.configuration
    assert (wanted.names.text, wanted.max_length, wanted.max_context_length, wanted.queue) == ("my-scribe", 80, 1024, 1)
    [backend] = wanted.backends
    assert (backend.type, backend.url, backend.slots) == ("koboldcpp", "http://localhost:5000", 4)
    said = [notice.removeprefix(f"{path}, ") for notice in found.notices]
    assert "line 9: backslashes are read as slashes" in said
    assert "line 15: nobody knows a key 'my_own_key'" in said
    assert any(one.startswith("line 10: not used: every model") for one in said)


@pytest.mark.parametrize("said", ["openai_api: true", "backend_engine: aphrodite"])
def test_a_text_program_with_openais_api(path: Path, said: str) -> None:
    """By either key."""
    [backend] = imported(path, f"kai_url: http://localhost:2242\n{said}\n").configuration.backends
    assert backend.type == "openai"


def test_numbers_that_make_no_sense_are_left_out(path: Path) -> None:
    """With a word about it."""
    found = imported(path, "max_power: lots\nqueue_size: some\ndreamer_name: x\n")
    assert (found.configuration.max_pixels, found.configuration.queue) == (None, None)
    assert [notice.split(", ")[1][:6] for notice in found.notices] == ["line 1", "line 2"]


def test_what_is_wrong_is_named_with_the_line_of_the_old_file(path: Path) -> None:
    """Under our name for it."""
    with pytest.raises(WrongSettings, match="line 2: batch: should be less than or equal to 20"):
        imported(path, "dreamer_name: x\nmax_batch: 99\n")


def test_another_file_is_no_bridge_data(path: Path) -> None:
    """Ours are not taken for one."""
    path.write_text("horde: http://127.0.0.1:7001\nname: x\n")
    with pytest.raises(WrongSettings, match=r"is no bridgeData.yaml"):
        read_bridge_data(path)
