"""Whatever strangers send to Ollama's and KoboldCpp's addresses (gateway-ollama.md §4.1, gateway-kobold.md §4.1)."""

from __future__ import annotations

import json
import random
from typing import Any, Final

import pytest
from hordes import Horde
from text_routes import TEXT_MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLLAMA: Final = {
    "/api/chat": ("model", "messages", "stream", "format", "options", "tools", "think", "keep_alive", "logprobs"),
    "/api/generate": ("model", "prompt", "suffix", "images", "system", "template", "raw", "format", "options"),
    "/api/show": ("model", "name", "verbose"),
    "/api/pull": ("model", "name", "stream"),
    "/api/push": ("model",),
    "/api/create": ("model", "from"),
    "/api/copy": ("source", "destination"),
    "/api/embed": ("model", "input"),
    "/api/embeddings": ("model", "prompt"),
    "/api/blobs/sha256:00": (),
}  # fmt: skip
KOBOLD: Final = {
    "/api/v1/generate": (
        "prompt", "memory", "max_length", "max_context_length", "n", "sampler_order", "stop_sequence", "genkey",
        "images", "model", "trim_stop", "temperature",
    ),
    "/api/extra/generate/stream": ("prompt", "max_length", "genkey", "rep_pen", "sampler_seed"),
    "/api/extra/generate/check": ("genkey",),
    "/api/extra/abort": ("genkey",),
    "/api/extra/tokencount": ("prompt",),
}  # fmt: skip
ROUTES: Final = {**OLLAMA, **KOBOLD}
DEEP: Final = "[" * 2000 + "]" * 2000
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 1e308, -(10**30), "", "x", "\x00", "\ud800", "ü" * 300, [], {}, [[]], [None], [{}],
    {"a": {"b": []}}, [1, "a", None], {"role": "user"}, [{"role": "user", "content": {"type": "text"}}],
    [{"role": "user", "content": "x", "images": [1]}], [{"role": "tool", "tool_calls": 1}], {"type": "object"},
    {"num_predict": "x", "stop": {}}, {"temperature": [], "top_k": -1}, ["x"] * 3000,
)  # fmt: skip
RAW: Final = (
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"prompt": NaN}', b'{"prompt":"a\\u0000b"}',
    b'{"prompt":"\\ud800"}',
    DEEP.encode(), b'{"options":' + DEEP.encode() + b"}", b'{"messages":' + b"[" * 50 + b"]" * 50 + b"}",
    b'{"a":' + b"1" * 5000 + b"}", b"prompt=x&prompt=y", b"--x\r\n\r\n--x--",
)  # fmt: skip


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    """Who could be served by nobody is told so at once."""
    return {"gateway_hopeless_s": 0}


def is_refusal(path: str, status: int, told: Any) -> bool:
    """Whether an answer is a refusal in the shape of its dialect: a client's fault, or that nobody serves."""
    if status not in (503, 404) and not 400 <= status < 500:
        return False
    if path in OLLAMA:
        return isinstance(told.get("error"), str) and bool(told["error"])
    return set(told) == {"detail"} and isinstance(told["detail"]["msg"], str) and bool(told["detail"]["type"])


def is_fine(path: str, status: int, content: bytes) -> bool:
    """Whether it is answered well, or refused well; a stream may end with its refusal."""
    if status == 200:
        return b"Traceback" not in content
    return is_refusal(path, status, json.loads(content))


@pytest.mark.parametrize("path", ROUTES)
async def test_whatever_is_sent_is_refused_in_the_dialects_shape(module_horde: Horde, path: str) -> None:
    for body in RAW:
        for media_type in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
            answer = await module_horde.client.post(path, content=body, headers={"Content-Type": media_type})
            assert is_fine(path, answer.status_code, answer.content), (body[:60], media_type, answer.text)


@pytest.mark.parametrize("path", ROUTES)
async def test_no_field_takes_down_anything(module_horde: Horde, path: str) -> None:
    """Each field with each value alone, and two hundred mixtures; always the same ones."""
    dice = random.Random(path)
    base = {"model": TEXT_MODEL, "prompt": "Once", "messages": [{"role": "user", "content": "x"}]}
    bodies = [{**base, field: value} for field in ROUTES[path] for value in VALUES]
    bodies += [{field: dice.choice(VALUES) for field in ROUTES[path]} for _ in range(200)]
    for body in bodies:
        sent = json.dumps(body)
        answer = await module_horde.client.post(path, content=sent.encode("utf-8", "surrogatepass"))
        assert is_fine(path, answer.status_code, answer.content), (sent[:300], answer.text)


@pytest.mark.parametrize("path", ROUTES)
async def test_a_body_without_end_is_413(module_horde: Horde, path: str) -> None:
    most = module_horde.settings.max_body_bytes
    answer = await module_horde.client.post(path, content=b"[", headers={"Content-Length": str(most + 1)})
    assert answer.status_code == 413
    assert is_refusal(path, answer.status_code, answer.json())


@pytest.mark.parametrize(
    "path", ["/api/v1/../v2/x", "/api/extra/%00", "/api/v1/" + "x" * 3000, "/api/blobs/sha256:%ff"]
)
async def test_addresses_that_nobody_means(module_horde: Horde, path: str) -> None:
    answer = await module_horde.client.get(path)
    assert 400 <= answer.status_code < 500


async def test_nothing_of_all_that_is_left(module_horde: Horde) -> None:
    """Whatever was taken is cancelled: nobody waits for it."""
    ((taken, waiting),) = await module_horde.sql(
        "SELECT count(*), count(*) FILTER (WHERE waiting > 0 OR processing > 0) FROM request"
    )
    assert taken > 100
    assert waiting == 0
