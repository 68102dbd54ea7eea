"""Runs with a published horde_sdk: takes forms as an alchemist does, and tells what it saw as JSON.

Arguments: the owner's key, the worker's name.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request

from horde_sdk import RequestErrorResponse
from horde_sdk.ai_horde_api import GENERATION_STATE, AIHordeAPIManualClient
from horde_sdk.ai_horde_api.apimodels import AlchemyJobSubmitRequest, AlchemyPopRequest

try:
    from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
except ImportError:  # before 0.20 they lay elsewhere
    from horde_sdk.ai_horde_api.consts import KNOWN_ALCHEMY_TYPES

KEY, NAME = sys.argv[1:]
LIMIT_S = 60


def main() -> None:
    """Pop until there are forms, hand in a judgement and a picture."""
    client = AIHordeAPIManualClient()
    request = AlchemyPopRequest(
        apikey=KEY,
        name=NAME,
        priority_usernames=[],
        forms=[KNOWN_ALCHEMY_TYPES.nsfw, KNOWN_ALCHEMY_TYPES.GFPGAN],
        amount=2,
    )
    deadline = time.monotonic() + LIMIT_S
    rewards: list[float] = []
    seen: list[str] = []
    while len(rewards) < 2:
        assert time.monotonic() < deadline, f"no forms within {LIMIT_S} s"
        popped = client.submit_request(request, request.get_default_success_response_type())
        assert not isinstance(popped, RequestErrorResponse), popped
        for form in popped.forms or []:
            assert form.source_image is not None
            with urllib.request.urlopen(form.source_image, timeout=30) as source:
                picture = source.read()
            seen.append(str(form.form))
            result: dict[str, object] = {"nsfw": False}
            if form.form == KNOWN_ALCHEMY_TYPES.GFPGAN:
                assert form.r2_upload is not None
                put = urllib.request.Request(form.r2_upload, picture, {"Content-Type": "image/webp"}, method="PUT")
                with urllib.request.urlopen(put, timeout=30) as stored:
                    assert stored.status == 200
                result = {"GFPGAN": "R2"}
            submit = AlchemyJobSubmitRequest(apikey=KEY, id=form.id_, result=result, state=GENERATION_STATE.ok)
            handed_in = client.submit_request(submit, submit.get_default_success_response_type())
            assert not isinstance(handed_in, RequestErrorResponse), handed_in
            rewards.append(handed_in.reward)
        time.sleep(0.3)
    print(json.dumps({"forms": sorted(seen), "rewards": sorted(rewards)}))


main()
