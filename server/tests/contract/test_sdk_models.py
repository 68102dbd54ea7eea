"""The SDK's models know every field that this server sends, and this server takes what they send."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import pytest
from hordes import Horde, StartHorde
from unknown_fields import unknown_fields

from horde_sdk.ai_horde_api.apimodels import (
    AIHordeHeartbeatRequest,
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    AlchemyDeleteRequest,
    AlchemyJobSubmitRequest,
    AlchemyPopRequest,
    AlchemyStatusRequest,
    AllCollectionsRequest,
    AllIPTimeoutsRequest,
    AllStylesImageRequest,
    AllStylesTextRequest,
    AllTeamDetailsRequest,
    AllWorkerMessagesRequest,
    AllWorkersDetailsRequest,
    BlockIPAddressRequest,
    BlockWorkerIPAddressRequest,
    CollectionByIDRequest,
    CollectionByNameRequest,
    CreateCollectionRequest,
    CreateStyleImageRequest,
    CreateStyleTextRequest,
    CreateTeamRequest,
    CreateWorkerMessageRequest,
    DeleteCollectionRequest,
    DeleteFilterRequest,
    DeleteImageGenerateRequest,
    DeleteIPAddressRequest,
    DeleteStyleImageRequest,
    DeleteStyleTextRequest,
    DeleteTeamRequest,
    DeleteTextGenerateRequest,
    DeleteUserRequest,
    DeleteWorkerIPAddressRequest,
    DeleteWorkerMessageRequest,
    DeleteWorkerRequest,
    FilterPromptSuspicionRequest,
    FilterRegexRequest,
    FiltersListRequest,
    FindUserRequest,
    HordeModesRequest,
    HordePerformanceRequest,
    HordeStatusModelsAllRequest,
    HordeStatusModelsSingleRequest,
    ImageGenerateAsyncRequest,
    ImageGenerateCheckRequest,
    ImageGenerateJobPopRequest,
    ImageGenerateStatusRequest,
    ImageGenerationInputPayload,
    ImageGenerationJobSubmitRequest,
    ImageStatsModelsRequest,
    ImageStatsModelsTotalRequest,
    KudosAwardRequest,
    KudosTransferRequest,
    ListUsersDetailsRequest,
    ModelGenerationInputKobold,
    ModelStyleInputParamsKobold,
    ModelStyleInputParamsStable,
    ModifyHordeModesRequest,
    ModifyStyleImageRequest,
    ModifyStyleTextRequest,
    ModifyTeamRequest,
    ModifyUserRequest,
    ModifyWorkerRequest,
    PatchExistingFilter,
    PutNewFilterRequest,
    SingleFilterRequest,
    SingleIPTimeoutsRequest,
    SingleStyleImageByIDRequest,
    SingleStyleImageByNameRequest,
    SingleStyleTextByIDRequest,
    SingleStyleTextByNameRequest,
    SingleTeamDetailsRequest,
    SingleUserDetailsRequest,
    SingleWorkerDetailsRequest,
    SingleWorkerMessageRequest,
    SingleWorkerNameDetailsRequest,
    StyleImageExampleAddRequest,
    StyleImageExampleDeleteRequest,
    StyleImageExampleModifyRequest,
    TextGenerateAsyncRequest,
    TextGenerateJobPopRequest,
    TextGenerateStatusRequest,
    TextGenerationJobSubmitRequest,
    TextStatsModelsRequest,
    TextStatsModelsTotalRequest,
    UpdateCollectionRequest,
)
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.consts import HTTPStatusCode
from horde_sdk.explanations import EtaAccuracyRequest, ExplainImageRequest, ExplainRequest, ExplainTextRequest
from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.steps import Answer
from horde_sdk.generic_api.wire import Caller, to_exchange, to_response
from horde_sdk.kudos_statement import STATEMENT_LINE_KIND, KudosStatementRequest
from horde_server.accounts.creation import NewAccount
from horde_server.kudos.statement_store import KINDS_OF_LINES

AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
TEXT_AGENT = "KoboldCppEmbedWorker:2:https://example.org"
TEXT_MODEL = "koboldcpp/Mistral-7B-Instruct-v0.2"


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with one administrator."""
    return await start_horde(admins=["root#1"])


@pytest.fixture(autouse=True)
async def root(horde: Horde) -> NewAccount:
    """The administrator, who is a moderator too."""
    return await horde.account("root", moderator=True, kudos=1_000)


async def ask(horde: Horde, request: HordeRequest, account: Any = None) -> Any:
    """The answer as the SDK's clients give it, all of it known to its model."""
    key = None if account is None else account.api_key
    caller = Caller(
        apikey=key, base_url="http://horde.test/api", path_fields=AIHordePathData, query_fields=AIHordeQueryData
    )
    sent = to_exchange(request, caller)
    came = await horde.client.request(
        sent.method, sent.url, params=dict(sent.query), content=sent.body, headers=dict(sent.headers)
    )
    assert came.status_code < 300, came.text
    kinds = request.get_success_status_response_pairs()
    expected = kinds.get(HTTPStatusCode(came.status_code)) or request.get_default_success_response_type()
    answer = to_response(Answer(came.status_code, came.headers, came.content), expected)
    assert not isinstance(answer, RequestErrorResponse), answer.object_data
    assert unknown_fields(answer) == []
    return answer


def an_image_pop(**changes: Any) -> ImageGenerateJobPopRequest:
    """A worker asks for an image job."""
    offer = {"name": "painter", "models": ["stable_diffusion"], "bridge_agent": AGENT, "max_pixels": 1_048_576}
    return ImageGenerateJobPopRequest.model_validate({**offer, **changes})


def a_text_pop() -> TextGenerateJobPopRequest:
    """A worker asks for a text job."""
    return TextGenerateJobPopRequest(name="scribe", models=[TEXT_MODEL], bridge_agent=TEXT_AGENT)


async def test_life_of_an_image_request(horde: Horde, root: NewAccount) -> None:
    """The bodies of async, check, pop, submit, status."""
    params = ImageGenerationInputPayload(width=64, height=64, steps=1, n=2)
    order = ImageGenerateAsyncRequest(prompt="a lighthouse", models=["stable_diffusion"], params=params, r2=False)
    price = await ask(horde, order.model_copy(update={"dry_run": True}), root)
    accepted = await ask(horde, order, root)
    assert price.kudos > accepted.kudos > 0
    waiting = await ask(horde, ImageGenerateCheckRequest(id=accepted.id_))
    assert (waiting.waiting, waiting.done) == (2, False)

    nothing = await ask(horde, an_image_pop(models=["Deliberate"]), root)
    assert not nothing.ids_present
    for _ in range(2):
        job = await ask(horde, an_image_pop(), root)
        picture = base64.b64encode(horde.picture()).decode()
        submit = ImageGenerationJobSubmitRequest(id=job.id_, generation=picture, state=GENERATION_STATE.ok, seed=7)
        assert (await ask(horde, submit, root)).reward > 0
    status = await ask(horde, ImageGenerateStatusRequest(id=accepted.id_))
    assert status.is_job_complete(2)


async def test_cancelled_requests(horde: Horde) -> None:
    """What a session's clean-up sends."""
    image = await ask(horde, ImageGenerateAsyncRequest(prompt="a lighthouse", models=[]))
    text = await ask(horde, TextGenerateAsyncRequest(prompt="Once", models=[]))
    assert not (await ask(horde, DeleteImageGenerateRequest(id=image.id_))).generations
    assert not (await ask(horde, DeleteTextGenerateRequest(id=text.id_))).generations


async def test_life_of_a_text_request(horde: Horde, root: NewAccount) -> None:
    """The bodies of async, pop, submit, status."""
    order = TextGenerateAsyncRequest(prompt="Once", models=[TEXT_MODEL], params=ModelGenerationInputKobold(n=1))
    accepted = await ask(horde, order, root)
    job = await ask(horde, a_text_pop(), root)
    assert job.payload.prompt == "Once"
    words = TextGenerationJobSubmitRequest(id=job.id_, generation=" upon a time", state=GENERATION_STATE.ok)
    assert (await ask(horde, words, root)).reward > 0
    status = await ask(horde, TextGenerateStatusRequest(id=accepted.id_))
    assert [text.text for text in status.generations] == [" upon a time"]


async def test_users_as_anybody_themselves_and_moderators_see_them(horde: Horde, root: NewAccount) -> None:
    """The bodies of find_user, users/{id}."""
    ada = await horde.account("ada", kudos=100)
    assert (await ask(horde, FindUserRequest(), ada)).username == f"ada#{ada.id}"
    assert (await ask(horde, FindUserRequest(), root)).moderator
    assert (await ask(horde, SingleUserDetailsRequest(user_id=str(ada.id)))).id_ == ada.id
    change = ModifyUserRequest(user_id=str(ada.id), trusted=True, admin_comment="a good one", kudos=5)
    changed = await ask(horde, change, root)
    assert (changed.trusted, changed.admin_comment) == (True, "a good one")
    assert changed.new_kudos == 105


async def test_users_are_listed_and_deleted(horde: Horde, root: NewAccount) -> None:
    """The bodies of users, and of DELETE users/{id}."""
    ada = await horde.account("ada", kudos=100_000)
    listed = await ask(horde, ListUsersDetailsRequest(sort="kudos"))
    assert [user.id_ for user in listed.root if user.id_ != root.id][:1] == [ada.id]  # an administrator has a grant
    assert [user.administrator for user in listed.root if user.id_ == root.id] == [True]
    assert (await ask(horde, ListUsersDetailsRequest(page=2, sort="age"))).root == []
    assert (await ask(horde, DeleteUserRequest(user_id=str(ada.id)), ada)).message == "OK"
    assert (await ask(horde, FindUserRequest(), ada)).deleted
    assert (await ask(horde, ModifyUserRequest(user_id=str(ada.id), undelete=True), ada)).undeleted


async def test_kudos_change_hands(horde: Horde, root: NewAccount) -> None:
    """The bodies of kudos/transfer, kudos/award."""
    ada = await horde.account("ada")
    assert (await ask(horde, KudosTransferRequest(username=f"ada#{ada.id}", amount=10), root)).transferred == 10
    assert (await ask(horde, KudosAwardRequest(username=f"ada#{ada.id}", amount=3), root)).awarded == 3


async def test_workers_as_anybody_and_their_owner_see_them(horde: Horde, root: NewAccount) -> None:
    """The bodies of workers, workers/{id}, workers/name/{name}."""
    await ask(horde, an_image_pop(), root)
    await ask(horde, a_text_pop(), root)
    workers = await ask(horde, AllWorkersDetailsRequest())
    assert {worker.name for worker in workers} == {"painter", "scribe"}
    await ask(horde, AllWorkersDetailsRequest(), root)

    painter = next(worker.id_ for worker in workers if worker.name == "painter")
    assert (await ask(horde, SingleWorkerDetailsRequest(worker_id=painter), root)).name == "painter"
    assert (await ask(horde, SingleWorkerNameDetailsRequest(worker_name="painter"))).id_ == painter
    changed = await ask(horde, ModifyWorkerRequest(worker_id=painter, maintenance=True, info="Painting."), root)
    assert (changed.maintenance, changed.info) == (True, "Painting.")
    assert (await ask(horde, DeleteWorkerRequest(worker_id=painter), root)).deleted_name == "painter"


async def test_life_of_a_team(horde: Horde, root: NewAccount) -> None:
    """The bodies of teams, teams/{team_id}, and of a worker that joins one."""
    made = await ask(horde, CreateTeamRequest(name="Keepers", info="Of the light."), root)
    await ask(horde, an_image_pop(), root)
    (painter,) = await ask(horde, AllWorkersDetailsRequest())
    joined = await ask(horde, ModifyWorkerRequest(worker_id=painter.id_, team=made.id_), root)
    assert joined.team == "Keepers"
    (team,) = await ask(horde, AllTeamDetailsRequest())
    assert (team.creator, team.worker_count, team.speed) == (f"root#{root.id}", 1, 1.0)
    assert [worker.name for worker in team.workers] == ["painter"]
    assert (await ask(horde, SingleTeamDetailsRequest(team_id=made.id_))).contributions == 0
    changed = await ask(horde, ModifyTeamRequest(team_id=made.id_, info="Of the lamp."), root)
    assert (changed.name, changed.info) == ("Keepers", "Of the lamp.")
    assert (await ask(horde, DeleteTeamRequest(team_id=made.id_), root)).deleted_name == "Keepers"


async def test_life_of_a_message_to_workers(horde: Horde, root: NewAccount) -> None:
    """The bodies of workers/messages, workers/messages/{message_id}, and of pops and workers that have some."""
    offer = AlchemyPopRequest.model_validate(
        {"name": "alchemist", "forms": ["caption"], "amount": 1, "priority_usernames": []}
    )
    pops = (an_image_pop(), a_text_pop(), offer)
    for pop in pops:
        await ask(horde, pop, root)
    (painter,) = [one for one in await ask(horde, AllWorkersDetailsRequest()) if one.name == "painter"]
    to_one = await ask(horde, CreateWorkerMessageRequest(message="one", worker_id=painter.id_, expiry=1), root)
    to_all = await ask(horde, CreateWorkerMessageRequest(message="all", expiry=1, origin="The crew"), root)
    to_kind = await ask(horde, CreateWorkerMessageRequest(message="kind", expiry=1, worker_type="text"), root)
    to_two = await ask(
        horde, CreateWorkerMessageRequest(message="two", expiry=1, worker_ids=[painter.id_, painter.id_]), root
    )
    assert (to_one.worker_id, to_kind.worker_type, to_two.worker_id) == (painter.id_, "text", painter.id_)
    told = [[one.message for one in (await ask(horde, pop, root)).messages] for pop in pops]
    assert told == [["two", "all", "one"], ["kind", "all"], ["all"]]
    shown = await ask(horde, SingleWorkerDetailsRequest(worker_id=painter.id_), root)
    assert [one.message for one in shown.messages] == ["two", "one"]
    listed = await ask(horde, AllWorkerMessagesRequest(worker_id=painter.id_), root)
    assert [one.message for one in listed.root] == ["two", "one"]
    assert (await ask(horde, SingleWorkerMessageRequest(id=to_all.id_))).origin == "The crew"
    assert (await ask(horde, DeleteWorkerMessageRequest(id=to_all.id_), root)).message == "OK"


async def test_life_of_an_alchemy_request(horde: Horde, root: NewAccount) -> None:
    """The bodies of interrogate/async, pop, submit, status."""
    source = base64.b64encode(horde.picture()).decode()
    forms = [AlchemyAsyncRequestFormItem(name=name) for name in ("caption", "nsfw")]
    accepted = await ask(horde, AlchemyAsyncRequest(forms=forms, source_image=source), root)
    offer = {"name": "alchemist", "forms": ["caption"], "amount": 1, "priority_usernames": []}
    popped = await ask(horde, AlchemyPopRequest.model_validate(offer), root)
    (form,) = popped.forms
    result = {"id": form.id_, "state": "ok", "result": {"caption": "a teal square"}}
    await ask(horde, AlchemyJobSubmitRequest.model_validate(result), root)
    status = await ask(horde, AlchemyStatusRequest(id=accepted.id_), root)
    assert [caption.caption for caption in status.all_caption_results] == ["a teal square"]
    nothing = await ask(horde, AlchemyPopRequest.model_validate(offer), root)
    assert not nothing.forms
    cancelled = await ask(horde, AlchemyDeleteRequest(id=accepted.id_))
    assert len(cancelled.forms) == 2


async def test_styles_of_images(horde: Horde, root: NewAccount) -> None:
    """The bodies of styles/image, their examples, and of a request in one."""
    params = ModelStyleInputParamsStable(steps=25, width=640)
    new = CreateStyleImageRequest(name="oil", prompt="{p}, oil###{np}", models=["Deliberate"], params=params)
    made = await ask(horde, new, root)
    change = ModifyStyleImageRequest(style_id=made.id_, tags=["paint"], info="Slow to dry.")
    assert (await ask(horde, change, root)).id_ == made.id_
    shown = await ask(horde, SingleStyleImageByIDRequest(style_id=made.id_))
    assert (shown.tags, shown.public, shown.creator, shown.params.steps) == (["paint"], True, "root#1", 25)
    assert (await ask(horde, SingleStyleImageByNameRequest(style_name="root#1::style::oil"), root)).id_ == made.id_

    example = StyleImageExampleAddRequest(style_id=made.id_, url="https://example.org/1.webp", primary=True)
    first = await ask(horde, example, root)
    move = StyleImageExampleModifyRequest(
        style_id=made.id_, example_id=first.id_, url="https://example.org/2.webp", primary=True
    )
    await ask(horde, move, root)
    (listed,) = (await ask(horde, AllStylesImageRequest(tag="paint", model="Deliberate"))).root
    assert [(one.url, one.primary) for one in listed.examples] == [("https://example.org/2.webp", True)]
    await ask(horde, StyleImageExampleDeleteRequest(style_id=made.id_, example_id=first.id_), root)

    await ask(horde, ImageGenerateAsyncRequest(prompt="a lighthouse", models=[], style="oil"))
    (own,) = (await ask(horde, FindUserRequest(), root)).styles
    assert own.name == "root#1::style::oil"
    await ask(horde, DeleteStyleImageRequest(style_id=made.id_), root)
    assert list((await ask(horde, AllStylesImageRequest())).root) == []


async def test_styles_of_texts(horde: Horde, root: NewAccount) -> None:
    """The bodies of styles/text, and of a request in one."""
    params = ModelStyleInputParamsKobold(temperature=0.5)
    made = await ask(
        horde, CreateStyleTextRequest(name="rhymes", prompt="On {p}:", models=[TEXT_MODEL], params=params), root
    )
    await ask(horde, ModifyStyleTextRequest(style_id=made.id_, nsfw=True), root)
    assert (await ask(horde, SingleStyleTextByIDRequest(style_id=made.id_))).nsfw
    assert (await ask(horde, SingleStyleTextByNameRequest(style_name="rhymes"))).params.temperature == 0.5
    assert [one.name for one in (await ask(horde, AllStylesTextRequest(sort="age"))).root] == ["rhymes"]
    await ask(horde, TextGenerateAsyncRequest(prompt="the sea", models=[], style="rhymes"))
    await ask(horde, DeleteStyleTextRequest(style_id=made.id_), root)


async def test_collections_of_styles(horde: Horde, root: NewAccount) -> None:
    """The bodies of collections, collection_by_name."""
    params = ModelStyleInputParamsStable()
    for name in ("oil", "water"):
        new = CreateStyleImageRequest(name=name, prompt="{p}, paint###{np}", models=["Deliberate"], params=params)
        await ask(horde, new, root)
    made = await ask(horde, CreateCollectionRequest(name="paints", styles=["oil", "water"]), root)
    await ask(horde, UpdateCollectionRequest(collection_id=made.id_, info="Wet."), root)
    shown = await ask(horde, CollectionByIDRequest(collection_id=made.id_))
    assert (shown.info, [style.name for style in shown.styles]) == (
        "Wet.",
        ["root#1::style::oil", "root#1::style::water"],
    )
    assert (await ask(horde, CollectionByNameRequest(collection_name="paints"))).id == made.id_
    assert [one.id for one in (await ask(horde, AllCollectionsRequest(type="image"))).root] == [made.id_]
    await ask(horde, DeleteCollectionRequest(collection_id=made.id_), root)


async def test_filters_of_prompts(horde: Horde, root: NewAccount) -> None:
    """The bodies of filters, filters/regex, filters/{filter_id}."""
    assert list(await ask(horde, FiltersListRequest(), root)) == []
    await ask(horde, FilterRegexRequest(), root)
    made = await ask(horde, PutNewFilterRequest(regex="forbidden", filter_type=10, description="A test."), root)
    assert (await ask(horde, SingleFilterRequest(filter_id=made.id_), root)).regex == "forbidden"
    assert [one.id_ for one in await ask(horde, FiltersListRequest(filter_type=10, contains="forb"), root)] == [
        made.id_
    ]
    assert any(one.regex for one in await ask(horde, FilterRegexRequest(), root))
    assert (await ask(horde, FilterPromptSuspicionRequest(prompt="a forbidden thing"), root)).suspicion > 0
    changed = await ask(horde, PatchExistingFilter(filter_id=made.id_, description="Another."), root)
    assert (changed.regex, changed.description) == ("forbidden", "Another.")
    await ask(horde, DeleteFilterRequest(filter_id=made.id_), root)


async def test_addresses_in_time_out(horde: Horde, root: NewAccount) -> None:
    """The bodies of operations/ipaddr, operations/ipaddr/{ipaddr}, operations/block_worker_ipaddr/{worker_id}."""
    await ask(horde, BlockIPAddressRequest(ipaddr="192.0.2.0/24", hours=2), root)
    assert [one.ipaddr for one in await ask(horde, AllIPTimeoutsRequest(), root)] == ["192.0.2.0/24"]
    (one,) = await ask(horde, SingleIPTimeoutsRequest(ipaddr="192.0.2.7"), root)
    assert 7100 < one.seconds <= 7200
    await ask(horde, DeleteIPAddressRequest(ipaddr="192.0.2.0/24"), root)
    assert list(await ask(horde, AllIPTimeoutsRequest(), root)) == []

    await ask(horde, an_image_pop(), root)
    (painter,) = await ask(horde, AllWorkersDetailsRequest(), root)
    await ask(horde, BlockWorkerIPAddressRequest(worker_id=painter.id_, days=1), root)
    await ask(horde, DeleteWorkerIPAddressRequest(worker_id=painter.id_), root)


async def test_state_of_the_horde(horde: Horde, root: NewAccount) -> None:
    """The bodies of status/heartbeat, performance, models, modes."""
    await ask(horde, an_image_pop(), root)
    assert (await ask(horde, AIHordeHeartbeatRequest())).message == "OK"
    assert (await ask(horde, HordePerformanceRequest())).worker_count == 1
    models = await ask(horde, HordeStatusModelsAllRequest())
    assert [model.name for model in models] == ["stable_diffusion"]
    (one,) = await ask(horde, HordeStatusModelsSingleRequest(model_name="stable_diffusion"))
    assert one.count == 1
    assert not (await ask(horde, HordeModesRequest())).maintenance_mode
    changed = await ask(horde, ModifyHordeModesRequest(raid_mode=True), root)
    assert changed.raid_mode


async def test_statistics(horde: Horde, root: NewAccount) -> None:
    """The bodies of stats/…."""
    await horde.request(root.api_key)
    await horde.submit(root.api_key, (await horde.job(root.api_key))["id"])
    await horde.folded()
    assert (await ask(horde, ImageStatsModelsTotalRequest())).total.images == 1
    assert (await ask(horde, TextStatsModelsTotalRequest())).total == {"requests": 0, "tokens": 0}
    assert (await ask(horde, ImageStatsModelsRequest())).total == {"stable_diffusion": 1}
    assert (await ask(horde, TextStatsModelsRequest())).total == {}


async def test_statement_of_kudos(horde: Horde, root: NewAccount) -> None:
    """The body of kudos/statement; every kind of line has a name in the SDK."""
    ada = await horde.account("ada", kudos=1000, trusted=True)  # nobody who is due a grant, at some minutes of the hour
    await horde.request(ada.api_key)
    await horde.submit(ada.api_key, (await horde.job(ada.api_key))["id"])
    page = await ask(horde, KudosStatementRequest(limit=2, from_=datetime(2020, 1, 1)), ada)  # noqa: DTZ001 UTC
    assert (len(page.lines), page.lines[0].type_) == (2, "image")
    following = await ask(horde, KudosStatementRequest(limit=2, before=page.next_), ada)
    assert {line.kind for line in (*page.lines, *following.lines)} == {"job", "reward", "request", "adjustment"}
    assert {str(kind) for kind in STATEMENT_LINE_KIND} == KINDS_OF_LINES


async def test_explanations(horde: Horde, root: NewAccount) -> None:
    """Of a request that nobody can serve; what its changes make of a body is served."""
    await horde.pop(root.api_key, max_pixels=512 * 512)
    body: dict[str, Any] = {
        "prompt": "a harbour",
        "models": ["stable_diffusion"],
        "params": {"width": 1024, "height": 1024},
    }
    explanation = await ask(horde, ExplainRequest(id=await horde.request(**body)))
    (part,) = explanation.parts
    assert ([each.reason for each in part.refused], part.able) == (["max_pixels"], 0)
    again = await horde.request(**part.suggestions[0].applied_to(body))
    served = (await ask(horde, ExplainRequest(id=again))).parts[0]
    assert (served.able, served.eta.p50 > 0) == (1, True)
    before = ExplainImageRequest(prompt="a harbour", models=["stable_diffusion"], apikey="0000000000")
    considered = await ask(horde, before)
    assert (considered.id_, considered.parts[0].able) == (None, 1)
    (text,) = (await ask(horde, ExplainTextRequest(prompt="a harbour", models=[], apikey="0000000000"))).parts
    assert (text.online, text.is_possible) == (0, False)
    assert (await ask(horde, EtaAccuracyRequest())).image.requests == 0
