"""Image jobs for tests, plain but for what a test changes."""

from __future__ import annotations

from typing import Any

from horde_worker.backends.image import ImageJob


def an_image_job(**changes: Any) -> ImageJob:
    """One square picture without anything special."""
    plain: dict[str, Any] = {
        "ids": ("a",),
        "model": "Deliberate",
        "prompt": "a fox in snow",
        "negative_prompt": "blurry",
        "width": 512,
        "height": 512,
        "steps": 20,
        "cfg_scale": 7.0,
        "sampler": "k_euler",
        "karras": False,
        "seeds": (7,),
        "ttl_s": 60.0,
        "upload_urls": (),
    }
    return ImageJob(**{**plain, **changes})
