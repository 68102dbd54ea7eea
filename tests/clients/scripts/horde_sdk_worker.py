"""Runs with a published horde_sdk: takes one job as a worker does, hands the picture in, tells what it saw as JSON.

Arguments: the owner's key, the worker's name, the model to serve.
"""

from __future__ import annotations

import io
import json
import sys
import time
import urllib.request

from PIL import Image

from horde_sdk import RequestErrorResponse
from horde_sdk.ai_horde_api import GENERATION_STATE, AIHordeAPIManualClient
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateJobPopRequest,
    ImageGenerateJobPopResponse,
    ImageGenerationJobSubmitRequest,
    JobSubmitResponse,
)

KEY, NAME, MODEL = sys.argv[1:]
LIMIT_S = 60


def main() -> None:
    """Pop until there is a job, draw, upload, submit."""
    client = AIHordeAPIManualClient()
    empty = pop(client, "Anything Diffusion")
    assert not empty.ids, "a job of a model nobody asked for"
    deadline = time.monotonic() + LIMIT_S
    while not (job := pop(client, MODEL)).ids:
        assert time.monotonic() < deadline, f"no job within {LIMIT_S} s: {job.skipped}"
        time.sleep(0.5)
    picture = io.BytesIO()
    Image.new("RGB", (job.payload.width, job.payload.height), "teal").save(picture, "WEBP")
    assert job.r2_uploads is not None
    upload = urllib.request.Request(job.r2_uploads[0], picture.getvalue(), {"Content-Type": "image/webp"}, method="PUT")
    with urllib.request.urlopen(upload, timeout=30) as answer:
        assert answer.status == 200
    submit = ImageGenerationJobSubmitRequest(
        id=job.ids[0], apikey=KEY, generation="R2", state=GENERATION_STATE.ok, seed=7
    )
    result = client.submit_request(submit, JobSubmitResponse)
    assert not isinstance(result, RequestErrorResponse), result
    print(json.dumps({"prompt": job.payload.prompt, "model": job.model, "reward": result.reward}))


def pop(client: AIHordeAPIManualClient, model: str) -> ImageGenerateJobPopResponse:
    """One pop."""
    request = ImageGenerateJobPopRequest(
        apikey=KEY,
        name=NAME,
        models=[model],
        max_pixels=1024 * 1024,
        nsfw=True,
        bridge_agent="AI Horde Worker reGen:10.1.1:https://example.org",
    )
    answer = client.submit_request(request, ImageGenerateJobPopResponse)
    assert not isinstance(answer, RequestErrorResponse), answer
    return answer


main()
