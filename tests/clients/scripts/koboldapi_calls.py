"""Runs with the published koboldapi: writes, streams, counts, aborts, and tells what it got as JSON.

Arguments: the horde's address, a key, a model that nobody serves.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

from koboldapi import KoboldAPICore, KoboldAPIError  # type: ignore[import-not-found] # of its own place

HOST, KEY, ABSENT = sys.argv[1:]


async def streamed(core: KoboldAPICore) -> str:
    """All pieces of a stream."""
    return "".join([piece async for piece in core.api_client.stream_generate("Once upon a time", max_length=24)])


def aborted(core: KoboldAPICore) -> list[object]:
    """What the answer to an abort is, and that of the call that it ends."""
    ended: list[str] = []
    call = threading.Thread(
        target=lambda: ended.append(core.api_client.generate("Once upon a time", max_length=24, model=ABSENT))
    )
    call.start()
    said = False
    while call.is_alive() and not said:
        time.sleep(0.2)
        said = str(core.api_client.abort_generation()) == "true"
    call.join(30)
    return [said, ended]


def main() -> None:
    core = KoboldAPICore(api_url=f"{HOST}/k/{KEY}")
    client = core.api_client
    try:
        KoboldAPICore(api_url=f"{HOST}/k/nobody-has-this-key-00")
        wrong_key = ""
    except KoboldAPIError as error:
        wrong_key = str(error)
    told = {
        "model": client.get_model(),
        "version": client.get_version(),
        "context": client.get_max_context_length(),
        "text": client.generate("Once upon a time", max_length=24, temperature=0.7),
        "streamed": asyncio.run(streamed(core)),
        "count": client.count_tokens("Once upon a time"),
        "check": client.check_generation(),
        "idle": client.get_performance_stats()["idle"],
        "aborted": aborted(core),
        "wrong_key": wrong_key,
    }
    print(json.dumps(told))


main()
