"""The models of alchemy: what is sent, and how results of every form are read."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fake_horde import JOB, a_form, an_alchemy_status
from pydantic import BaseModel, ValidationError

from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    AlchemyAsyncResponse,
    AlchemyDeleteRequest,
    AlchemyFormStatus,
    AlchemyJobPopResponse,
    AlchemyJobSubmitRequest,
    AlchemyPopRequest,
    AlchemyPopResponse,
    AlchemyStatusRequest,
    AlchemyStatusResponse,
)
from horde_sdk.ai_horde_api.apimodels.alchemy import status as results
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_TYPES,
    KNOWN_FACEFIXERS,
    KNOWN_UPSCALERS,
)

URL = "https://example.org/done.webp"
TAG = {"text": "cat", "confidence": 23.1}
FORM: dict[str, Any] = {"id": JOB, "form": "caption", "source_image": URL}


def status_of(*forms: dict[str, Any], state: str = "done") -> AlchemyStatusResponse:
    return AlchemyStatusResponse.model_validate(an_alchemy_status(state, *forms))


def test_default_response_of_a_request_is_named_as_in_the_seed() -> None:
    assert AlchemyAsyncRequest.get_default_success_response_type() is AlchemyAsyncResponse
    assert list(AlchemyAsyncRequest.get_success_status_response_pairs()) == [202]
    assert AlchemyAsyncRequest.get_api_endpoint_url().endswith("/v2/interrogate/async")


@pytest.mark.parametrize(
    ("form", "sent", "name", "fields"),
    [
        ("caption", {"caption": "a cat"}, "AlchemyCaptionResult", {"caption": "a cat"}),
        ("nsfw", {"nsfw": False}, "AlchemyNSFWResult", {"nsfw": False}),
        ("vectorize", {"vectorize": "<svg/>"}, "AlchemyVectorizeResult", {"vectorize": "<svg/>"}),
        ("annotation", {"annotation": URL}, "AlchemyAnnotationResult", {"annotation": URL}),
        ("palette", {"palette": ["#fff"]}, "AlchemyPaletteResult", {"palette": ["#fff"]}),
        ("describe", {"describe": {"width": 3}}, "AlchemyDescribeResult", {"describe": {"width": 3}}),
        ("aesthetic", {"aesthetic": 5.5}, "AlchemyAestheticResult", {"aesthetic": 5.5}),
        ("strip_background", {"strip_background": URL}, "AlchemyStripBackgroundResult", {"url": URL}),
    ],
)
def test_result_of_a_form_is_of_its_class(form: str, sent: dict[str, Any], name: str, fields: dict[str, Any]) -> None:
    result = AlchemyFormStatus.model_validate(a_form(form, result=sent)).result

    assert isinstance(result, BaseModel)
    assert (type(result).__name__, result.model_dump()) == (name, fields)


@pytest.mark.parametrize("upscaler", [one for one in KNOWN_UPSCALERS if one != "BACKEND_DEFAULT"])
@pytest.mark.parametrize("by", ["name", "value"])
def test_upscaler_is_known_by_name_and_by_value(upscaler: KNOWN_UPSCALERS, by: str) -> None:
    sent = a_form(upscaler.value, result={getattr(upscaler, by): URL})
    (result,) = status_of(sent).all_upscale_results

    assert (result.upscaler_used, result.url) == (upscaler, URL)
    assert isinstance(result.upscaler_used, KNOWN_UPSCALERS)
    assert f"{result.upscaler_used}" == upscaler.value


@pytest.mark.parametrize("fixer", [one for one in KNOWN_FACEFIXERS if one != "BACKEND_DEFAULT"])
def test_face_fixer_is_known(fixer: KNOWN_FACEFIXERS) -> None:
    (result,) = status_of(a_form(fixer.value, result={fixer.value: URL})).all_facefix_results

    assert (result.facefixer_used, result.url) == (fixer, URL)


def test_interrogation_is_unwrapped_and_lists_that_were_not_sent_are_empty() -> None:
    (details,) = status_of(a_form("interrogation", result={"interrogation": {"tags": [TAG]}})).all_interrogation_results

    assert [(item.text, item.confidence) for item in details.tags] == [("cat", 23.1)]
    assert details.movements == []


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("caption", {"caption": 7}),
        ("hologram", {"hologram": {"depth": 3}}),
        ("RealESRGAN_x2plus", {"RealESRGAN_x2plus": None}),
        ("interrogation", {"interrogation": "a cat"}),
        ("caption", {}),
    ],
)
def test_result_of_an_unknown_shape_is_kept_as_it_was_sent(form: str, sent: dict[str, Any]) -> None:
    status = status_of(a_form(form, result=sent), a_form("caption", result={"caption": "fine"}))

    assert status.forms[0].result == sent
    assert [one.caption for one in status.all_caption_results] == ["fine"]


def test_captions_and_drawings_are_not_mixed_up() -> None:
    status = status_of(
        a_form("vectorize", result={"vectorize": "<svg/>"}), a_form("caption", result={"caption": "a cat"})
    )

    assert [one.caption for one in status.all_caption_results] == ["a cat"]
    assert [one.vectorize for one in status.all_vectorize_results] == ["<svg/>"]


@pytest.mark.parametrize(
    "result",
    [
        {"caption": "a"},
        {"RealESRGAN_x4plus": URL},
        {"GFPGAN": URL},
        {"strip_background": URL},
        {"interrogation": {"tags": [TAG]}},
        {"palette": [{"color": "#fff", "share": 1.0}]},
        {"hologram": 3},
    ],
    ids=lambda result: next(iter(result)),
)
def test_dumped_result_is_read_again(result: dict[str, Any]) -> None:
    status = status_of(a_form(next(iter(result)), result=result))

    assert AlchemyStatusResponse.model_validate_json(status.model_dump_json()) == status
    assert AlchemyStatusResponse.model_validate(status.model_dump()).forms == status.forms


def test_only_results_of_finished_forms_are_listed() -> None:
    status = status_of(a_form("caption", "processing", {"caption": "too early"}), state="processing")

    assert status.all_caption_results == []


@pytest.mark.parametrize(
    ("states", "wanted", "complete", "done"),
    [
        (["done", "done"], 2, True, True),
        (["done", "done"], 3, False, True),
        (["done", "processing"], 2, False, False),
        (["done", "faulted"], 2, False, True),
        (["cancelled", "cancelled"], 2, False, True),
        (["waiting"], 1, False, False),
        ([], 0, False, True),
    ],
)
def test_status_is_complete_with_every_result_and_done_when_nothing_more_will_come(
    states: list[str], wanted: int, complete: bool, done: bool
) -> None:
    status = status_of(*[a_form("caption", state) for state in states])

    assert (status.is_job_complete(wanted), status.done) == (complete, done)
    assert status.is_job_possible()
    assert status.is_final_follow_up()
    assert status.get_finalize_success_request_type() is None


def test_states_and_forms_of_newer_servers_are_kept() -> None:
    status = status_of(a_form("hologram", "pondering"), state="pondering")

    assert (status.state, status.forms[0].form, status.forms[0].state) == ("pondering", "hologram", "pondering")
    assert not status.done


def test_statuses_are_equal_by_state_and_forms() -> None:
    one = status_of(a_form("caption", result={"caption": "a"}))

    assert one == status_of(a_form("caption", result={"caption": "a"}))
    assert one != status_of(a_form("caption", result={"caption": "b"}))
    assert one != status_of(a_form("caption", result={"caption": "a"}), state="partial")
    assert hash(one) == hash(status_of(a_form("caption", result={"caption": "a"})))


def test_accepted_request_is_followed_up_by_status_and_cleaned_up_by_delete() -> None:
    accepted = AlchemyAsyncResponse.model_validate({"id": JOB})

    assert accepted.get_follow_up_request_types() == [AlchemyStatusRequest]
    assert accepted.does_target_request_follow_up(AlchemyStatusRequest(id=GenerationID(JOB)))
    (cleanup,) = accepted.get_follow_up_failure_cleanup_request()
    assert isinstance(cleanup, AlchemyDeleteRequest)
    assert cleanup.id_ == JOB


def test_popped_forms_keep_options_that_are_not_listed() -> None:
    popped = AlchemyJobPopResponse.model_validate({"forms": [{**FORM, "payload": {"num_beams": "7"}}]})

    (form,) = popped.forms or []
    assert form.payload is not None
    assert form.payload.model_dump(exclude_unset=True) == {"num_beams": "7"}
    assert [str(one) for one in popped.ids] == [JOB]
    assert popped.ids_present
    assert "forms" not in popped.log_safe_model_dump()
    assert AlchemyPopResponse is AlchemyJobPopResponse


@pytest.mark.parametrize("nothing", [{"forms": None, "skipped": {"untrusted": 1}}, {"skipped": {}}, {"forms": []}])
def test_empty_handed_pop_has_nothing_to_give_back(nothing: dict[str, Any]) -> None:
    popped = AlchemyJobPopResponse.model_validate(nothing)

    assert not popped.ids_present
    assert popped.ignore_failure()
    assert popped.get_follow_up_failure_cleanup_request() == []


def test_pops_are_equal_by_forms_and_counts() -> None:
    one = AlchemyJobPopResponse.model_validate({"forms": [FORM], "skipped": {"untrusted": 1}})

    assert one == AlchemyJobPopResponse.model_validate({"forms": [FORM], "skipped": {"untrusted": 1}})
    assert one != AlchemyJobPopResponse.model_validate({"forms": [FORM], "skipped": {"untrusted": 2}})
    assert len({one, AlchemyJobPopResponse.model_validate({"forms": [FORM], "skipped": {"untrusted": 1}})}) == 1


def test_workers_side_sends_what_was_set() -> None:
    pop = AlchemyPopRequest(name="alchemist", priority_usernames=[], forms=[KNOWN_ALCHEMY_TYPES.caption], amount=2)
    submit = AlchemyJobSubmitRequest(id=GenerationID(JOB), result={"caption": "a cat"}, state=GENERATION_STATE.ok)

    assert pop.model_dump(mode="json", exclude_unset=True) == {
        "name": "alchemist",
        "priority_usernames": [],
        "forms": ["caption"],
        "amount": 2,
    }
    assert submit.model_dump(mode="json", by_alias=True, exclude_unset=True) == {
        "id": JOB,
        "result": {"caption": "a cat"},
        "state": "ok",
    }


def test_result_that_is_no_object_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    AlchemyJobSubmitRequest(id=GenerationID(JOB), result="a cat", state=GENERATION_STATE.ok)

    assert "servers refuse text" in caplog.text


def test_forms_that_a_worker_cannot_know_are_refused() -> None:
    with pytest.raises(ValidationError):
        AlchemyPopRequest(name="a", priority_usernames=[], forms=["hologram"], amount=1)


@pytest.mark.parametrize("source", ["https://example.org/a.webp", "http://localhost/a", "aGVsbG8=", "!!!"])
def test_source_may_be_a_url_or_base64(source: str) -> None:
    assert AlchemyAsyncRequest(forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image=source)


def test_base64_that_happens_to_contain_http_is_no_url() -> None:
    text = base64.b64encode(b"abc" + base64.b64decode("http") + b"def").decode()
    assert "http" in text

    assert AlchemyAsyncRequest(forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image=text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"forms": []}, "at least one form"),
        ({"source_image": "httpx://example.org"}, "http or https"),
        ({"source_image": "https:///a"}, "http or https"),
        ({"source_image": "abc"}, "neither a URL nor base64"),
    ],
)
def test_request_that_no_server_takes_is_refused(changes: dict[str, Any], said: str) -> None:
    fields = {"forms": [AlchemyAsyncRequestFormItem(name="caption")], "source_image": "aGVsbG8=", **changes}

    with pytest.raises(ValidationError, match=said):
        AlchemyAsyncRequest(**fields)


def test_image_and_addresses_are_kept_out_of_logs() -> None:
    request = AlchemyAsyncRequest(
        forms=[AlchemyAsyncRequestFormItem(name="caption")],
        source_image="aGVsbG8=",
        webhook="https://example.org/secret",
    )

    assert "source_image" not in request.log_safe_model_dump()
    assert "aGVsbG8=" not in repr(request)
    assert "secret" not in repr(request)
    with pytest.raises(TypeError):
        hash(request)


def test_every_result_class_can_be_imported_from_the_status_module() -> None:
    assert all(hasattr(results, name) for name in results.__all__)
