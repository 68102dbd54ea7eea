"""What programs do with the published `webuiapi`; prints one JSON line. Arguments: port, key, model, absent model."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import webuiapi  # type: ignore[import-not-found] # of its own place

port, key, model, absent = int(sys.argv[1]), *sys.argv[2:5]
SMALL: dict[str, Any] = {"prompt": "a red circle on a blue background", "steps": 8, "width": 64, "height": 64}
told: dict[str, Any] = {}

nobody = webuiapi.WebUIApi(port=port)  # asks for the scripts at once
told["scripts"] = nobody.get_scripts()
api = webuiapi.WebUIApi(port=port)
api.set_auth("horde", key)
told["models"] = api.util_get_model_names()
told["samplers"] = api.util_get_sampler_names()
told["schedulers"] = api.util_get_scheduler_names()
told["upscalers"] = [each["name"] for each in api.get_upscalers()]
told["lists"] = [
    api.get_loras(), api.get_sd_vae(), api.get_hypernetworks(), api.get_prompt_styles(), api.get_embeddings(),
    api.get_latent_upscale_modes(), api.get_face_restorers(), api.get_cmd_flags(), api.get_memory(),
]  # fmt: skip
api.util_set_model(model)  # sends the options, and looks at the progress until nothing is made
told["chosen"] = api.util_get_current_model()
told["others_choice"] = nobody.util_get_current_model()

made = api.txt2img(**SMALL, negative_prompt="blurry", seed=7, cfg_scale=5, sampler_name="Euler a", batch_size=2)
told["sizes"] = [picture.size for picture in made.images]
told["seeds"] = made.info["all_seeds"]
told["asked"] = [made.parameters["steps"], made.parameters["prompt"]]
one = api.txt2img(**SMALL, negative_prompt="blurry", seed=7)
told["written"] = api.png_info(one.image).info
told["img2img"] = api.img2img(images=[made.image], **SMALL, denoising_strength=0.5).image.size
told["upscaled"] = api.extra_single_image(made.image, upscaler_1="RealESRGAN_x2plus", upscaling_resize=2).image.size
told["caption"] = api.interrogate(made.image).info

# One that nobody serves: it is looked at, others see nothing of it, and it is interrupted.
ended: list[Any] = []


def ask() -> None:
    try:
        ended.append(api.txt2img(**SMALL, override_settings={"sd_model_checkpoint": absent}).json["images"])
    except RuntimeError as error:
        ended.append(list(error.args))


waiting = threading.Thread(target=ask)
waiting.start()
looking = webuiapi.WebUIApi(port=port)
looking.set_auth("horde", key)
until_s = time.monotonic() + 30
while not looking.get_progress()["state"]["job"] and time.monotonic() < until_s:
    time.sleep(0.05)
told["jobs"] = [looking.get_progress()["state"]["job_count"], nobody.get_progress()["state"]["job_count"]]
looking.interrupt()
waiting.join(60)
told["interrupted"] = ended
told["idle"] = looking.get_progress()["progress"]


def refused(call: Any) -> Any:
    """What the program sees."""
    try:
        call()
    except RuntimeError as error:
        return list(error.args)
    return None


wrong = webuiapi.WebUIApi(port=port)
wrong.set_auth("horde", "nobody-has-this-key-00")
told["wrong_key"] = refused(lambda: wrong.txt2img(**SMALL))
told["unknown_model"] = refused(lambda: api.txt2img(**SMALL, override_settings={"sd_model_checkpoint": "no such"}))
told["too_wide"] = refused(lambda: api.txt2img(**{**SMALL, "width": "wide"}))
print(json.dumps(told))
