"""Why no jobs come, as advice: what the horde counted as not for this worker, in words for its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_REASONS: Final = {
    "models": "wait for models that you do not have",
    "worker_id": "are for other workers by name",
    "performance": "want a faster worker",
    "nsfw": "may show what is not safe for work: `nsfw: true` takes them",
    "blacklist": "contain words of your blacklist",
    "untrusted": "want a trusted worker: an account becomes trusted by its work",
    "bridge_version": "need what this program is not known to do: `bridge_agent` (docs/worker/offer.md)",
    "kudos": "are of users without kudos: `require_upfront_kudos: false` takes them",
    "max_pixels": "want larger pictures: raise `max_pixels` if the backend can",
    "step_count": "want more steps: `limit_max_steps: false` takes them",
    "unsafe_ip": "come from behind a VPN or a proxy: `allow_unsafe_ip: true` takes them",
    "img2img": "have a source picture: `allow_img2img: true`, if the backend can",
    "painting": "want inpainting: `allow_painting: true`, if the backend can",
    "post-processing": "want post-processing: `allow_post_processing: true`, if the backend can",
    "lora": "need LoRA: `allow_lora: true`, if the backend can",
    "controlnet": "need ControlNet: `allow_controlnet: true`, if the backend can",
    "max_context_length": "have more context: raise `max_context_length` if the model can",
    "max_length": "want longer texts: raise `max_length`",
    "matching_softprompt": "want a soft prompt, which nothing here offers",
    "tools": "let the model call functions, which the backend is not known to do",
    "vision": "have pictures, which the backend is not known to see",
    "grammar": "want JSON of a schema, which the backend is not known to hold to",
    "logprobs": "want the probabilities of tokens, which the backend is not known to tell",
}


def advice(skipped: Mapping[str, int], wanted_models: Mapping[str, int]) -> list[str]:
    """Sentences, of the most requests first. What a horde counts and we do not know is passed through."""
    lines = []
    for reason, count in sorted(skipped.items(), key=lambda one: -one[1]):
        if count <= 0:
            continue
        who = "1 request" if count == 1 else f"{count} requests"
        said = _REASONS.get(reason, f"are not for this worker ({reason})")
        said = _for_one(said) if count == 1 else said
        if reason == "models" and wanted_models:
            most = ", ".join(f"{model} ({jobs} jobs)" for model, jobs in list(wanted_models.items())[:3])
            said += f"; most wanted: {most}"
        lines.append(f"{who} {said}")
    return lines


def _for_one(said: str) -> str:
    """The same of a single request."""
    verb, _, rest = said.partition(" ")
    singular = {"are": "is", "have": "has", "wait": "waits", "want": "wants", "need": "needs", "contain": "contains"}
    singular |= {"come": "comes", "may": "may"}
    return f"{singular.get(verb, verb)} {rest}"
