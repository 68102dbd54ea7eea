"""Answers to pops for tests, complete unless told otherwise."""

from __future__ import annotations

import base64
from typing import Any

from fake_horde import a_picture

from horde_sdk.ai_horde_api.apimodels import ImageGenerateJobPopResponse, TextGenerateJobPopResponse
from horde_sdk.ai_horde_api.apimodels.alchemy.pop import AlchemyJobPopResponse

FIRST, SECOND = "11111111-2222-3333-4444-555555555555", "21111111-2222-3333-4444-555555555555"
PICTURE = a_picture(64)
PICTURE_BASE64 = base64.b64encode(PICTURE).decode()


def an_image_pop(**fields: Any) -> dict[str, Any]:
    payload = {"prompt": "a fox", "seed": "5", "ddim_steps": 20, **fields.pop("payload", {})}
    return {
        "id": FIRST,
        "ids": [FIRST],
        "model": "Deliberate",
        "r2_upload": "https://bucket/1",
        "r2_uploads": ["https://bucket/1"],
        "skipped": {"nsfw": 3},
        "ttl": 120,
        **fields,
        "payload": payload,
    }


def an_image_job(**fields: Any) -> ImageGenerateJobPopResponse:
    return ImageGenerateJobPopResponse.model_validate(an_image_pop(**fields))


def a_text_job(**fields: Any) -> TextGenerateJobPopResponse:
    payload = {"prompt": "Once", **fields.pop("payload", {})}
    return TextGenerateJobPopResponse.model_validate(
        {"id": FIRST, "ids": [FIRST], "model": "tiny-tales", "skipped": {}, "ttl": 60, **fields, "payload": payload}
    )


def a_form(form: str, **fields: Any) -> dict[str, Any]:
    return {"id": FIRST, "form": form, "source_image": PICTURE_BASE64, "r2_upload": "https://bucket/1", **fields}


def an_alchemy_job(*forms: dict[str, Any]) -> AlchemyJobPopResponse:
    return AlchemyJobPopResponse.model_validate({"forms": list(forms), "skipped": {"untrusted": 2}})
