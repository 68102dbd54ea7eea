"""Wrong arguments are told before anything is sent, and say what to pass instead."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from fake_horde import FakeHorde

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncManualClient,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerationInputPayload,
    TextGenerateAsyncRequest,
)
from horde_sdk.exceptions import UnknownFieldWarning
from horde_sdk.generic_api import unknown_fields

IMAGE = ImageGenerateAsyncRequest(prompt="p", models=[])
TEXT = TextGenerateAsyncRequest(prompt="p", models=[])
ALCHEMY = AlchemyAsyncRequest(
    forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image="https://example.org/a.webp"
)
METHODS: list[tuple[str, tuple[Any, ...], str]] = [
    ("image_generate_request", (TEXT,), "takes an ImageGenerateAsyncRequest, not a TextGenerateAsyncRequest"),
    ("image_generate_request", ({"prompt": "p"},), r"not a dict: make one with ImageGenerateAsyncRequest\(\*\*…\)"),
    ("image_generate_request", (ImageGenerateAsyncRequest,), "not the class ImageGenerateAsyncRequest"),
    ("image_generate_request", (IMAGE, "30"), "timeout is a number of seconds, for example 30, not '30'"),
    ("image_generate_request", (IMAGE, True), "timeout is a number of seconds"),
    ("image_generate_request", (IMAGE, float("nan")), "timeout is a number of seconds"),
    ("image_generate_request", (IMAGE, 30, "print"), "check_callback is a function"),
    ("image_generate_request_dry_run", (TEXT,), "takes an ImageGenerateAsyncRequest"),
    ("text_generate_request", (IMAGE,), "takes a TextGenerateAsyncRequest, not an ImageGenerateAsyncRequest"),
    ("text_generate_request", (TEXT, "30"), "timeout is a number"),
    ("text_generate_request_dry_run", (IMAGE,), "takes a TextGenerateAsyncRequest"),
    ("alchemy_request", (IMAGE,), "takes an AlchemyAsyncRequest"),
    ("alchemy_request", (ALCHEMY, "30"), "timeout is a number"),
    ("image_generate_batch", (TEXT, 2), "takes an ImageGenerateAsyncRequest"),
    ("text_generate_batch", (IMAGE, 2), "takes a TextGenerateAsyncRequest"),
    ("open_image_request", (TEXT,), "takes an ImageGenerateAsyncRequest"),
    ("open_text_request", (IMAGE,), "takes a TextGenerateAsyncRequest"),
    ("open_alchemy_request", (TEXT,), "takes an AlchemyAsyncRequest"),
    ("ask", ({"id": 1}, ImageGenerateAsyncResponse), "takes a HordeRequest, not a dict"),
    ("ask", (IMAGE, "ImageGenerateAsyncResponse"), "Say the class of the answer"),
    ("worker_modify", ({"name": "w"},), "takes a HordeRequest, not a dict"),
]
cases = pytest.mark.parametrize(("method", "arguments", "sentence"), METHODS)


@cases
def test_simple_client_refuses_what_it_was_not_made_for(
    horde: FakeHorde, method: str, arguments: tuple[Any, ...], sentence: str
) -> None:
    with pytest.raises(TypeError, match=sentence):
        getattr(AIHordeAPISimpleClient(), method)(*arguments)
    assert horde.lines == []


@cases
async def test_asynchronous_simple_client_refuses_the_same(
    horde: FakeHorde, method: str, arguments: tuple[Any, ...], sentence: str
) -> None:
    async with aiohttp.ClientSession() as connections:
        with pytest.raises(TypeError, match=sentence):
            await getattr(AIHordeAPIAsyncSimpleClient(connections), method)(*arguments)
    assert horde.lines == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (({"prompt": "p"}, ImageGenerateAsyncResponse), "takes a HordeRequest, not a dict"),
        ((ImageGenerateAsyncRequest, ImageGenerateAsyncResponse), "not the class ImageGenerateAsyncRequest"),
        ((IMAGE, IMAGE), "Say the class of the answer"),
    ],
)
async def test_manual_clients_and_sessions_refuse_what_is_no_request(
    horde: FakeHorde, arguments: tuple[Any, Any], sentence: str
) -> None:
    for synchronous in (AIHordeAPIManualClient(), AIHordeAPIClientSession()):
        with pytest.raises(TypeError, match=sentence):
            synchronous.submit_request(*arguments)
    async with aiohttp.ClientSession() as connections:
        for one in (AIHordeAPIAsyncManualClient(connections), AIHordeAPIAsyncClientSession(connections)):
            with pytest.raises(TypeError, match=sentence):
                await one.submit_request(*arguments)
    assert horde.lines == []


@pytest.mark.parametrize("client", [AIHordeAPISimpleClient, AIHordeAPIManualClient, AIHordeAPIClientSession])
def test_option_that_no_client_has_is_refused_with_the_one_that_was_meant(client: Any) -> None:
    with pytest.raises(TypeError, match="no option 'api_key': did you mean 'apikey'"):
        client(api_key="k" * 22)
    with pytest.raises(TypeError, match=r"no option 'zzz': there are .*base_url"):
        client(zzz=1)


async def test_asynchronous_clients_refuse_the_same_options() -> None:
    async with aiohttp.ClientSession() as connections:
        for client in (AIHordeAPIAsyncManualClient, AIHordeAPIAsyncClientSession):
            with pytest.raises(TypeError, match="did you mean 'apikey'"):
                client(connections, api_key="k" * 22)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="api_key"):
            AIHordeAPIAsyncSimpleClient(connections, api_key="k" * 22)  # type: ignore[call-arg]


@pytest.mark.parametrize("options", [{"timeout": "30"}, {"poll_interval": "1"}, {"retry_config": 3}, {"on_retry": 1}])
def test_options_of_a_wrong_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        AIHordeAPISimpleClient(**options).heartbeat_request()


async def test_key_in_the_place_of_the_session_is_refused() -> None:
    with pytest.raises(TypeError, match=r"aiohttp.ClientSession\(\), not a str"):
        AIHordeAPIAsyncManualClient("k" * 22)  # type: ignore[arg-type]


@pytest.fixture
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unknown_fields, "_told", set())


@pytest.mark.usefixtures("_nothing_told")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"parms": {}}, "`parms` is no field of ImageGenerateAsyncRequest.*did you mean `params`"),
        ({"api_key": "k" * 22}, "did you mean `apikey`"),
        ({"width": 64}, "did you mean `params.width`"),
        ({"params": ImageGenerationInputPayload.model_validate({"stepz": 20})}, "did you mean `steps`"),
        ({"params": ImageGenerationInputPayload.model_validate({"models": []})}, "did you mean `models`"),
        ({"brand_new_thing": 1}, "it is sent as it is"),
    ],
)
def test_field_that_is_not_known_is_sent_and_warned_of_once(
    horde: FakeHorde, fields: dict[str, Any], sentence: str
) -> None:
    request = ImageGenerateAsyncRequest.model_validate({"prompt": "p", "models": [], **fields})

    def submit_three_times() -> None:
        for _ in range(3):
            AIHordeAPIManualClient().submit_request(request, ImageGenerateAsyncResponse)

    with pytest.warns(UnknownFieldWarning, match=sentence) as shown:
        submit_three_times()

    assert len(shown) == 1
    assert shown[0].filename == __file__
    assert "k" * 22 not in str(shown[0].message)
    assert len(horde.asked) == 3


def test_key_is_the_arguments_then_the_environments_in_this_order(
    horde: FakeHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, letter in (("HORDE_API_KEY", "h"), ("AI_HORDE_API_KEY", "a"), ("AI_HORDE_DEV_APIKEY", "d")):
        monkeypatch.setenv(name, letter * 22)
        AIHordeAPISimpleClient().find_user()
    AIHordeAPISimpleClient(apikey="o" * 22).find_user()

    assert [one.headers["apikey"][0] for one in horde.asked] == ["h", "a", "d", "o"]
    assert AIHordeAPIManualClient()._caller.apikey == "d" * 22


async def test_asynchronous_clients_read_the_same_environment(
    horde: FakeHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_HORDE_API_KEY", "a" * 22)
    async with aiohttp.ClientSession() as connections:
        await AIHordeAPIAsyncSimpleClient(connections).find_user()
        await AIHordeAPIAsyncSimpleClient(connections, apikey="o" * 22).find_user()

    assert [one.headers["apikey"][0] for one in horde.asked] == ["a", "o"]


def test_value_of_a_parameter_that_is_refused_is_told() -> None:
    with pytest.raises(ValueError, match="input_value=500"):
        ImageGenerationInputPayload(width=500)


def test_seed_may_be_a_number(horde: FakeHorde) -> None:
    params = ImageGenerationInputPayload(seed=42)

    assert params.seed == "42"
