"""Deliveries of webhooks: what the horde signed is told, all else is refused with a reason."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from fake_horde import FakeHorde, Reply

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient
from horde_sdk.webhooks import (
    RenewWebhookSecretRequest,
    WebhookSecretRequest,
    WebhookSecretResponse,
    WebhookVerificationError,
    verified,
)

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = json.dumps({"event": "job.finished", "request": "r"}).encode()
NOW_S = 1_700_000_000


def now() -> float:
    return float(NOW_S)


def headers_of(body: bytes = BODY, *, at_s: object = NOW_S, key: bytes = KEY, before: str = "") -> dict[str, str]:
    signature = base64.b64encode(hmac.digest(key, f"d1.{at_s}.".encode() + body, hashlib.sha256)).decode()
    return {"Webhook-Id": "d1", "webhook-timestamp": str(at_s), "webhook-signature": f"{before}v1,{signature}"}


def test_delivery_of_the_horde_is_told() -> None:
    assert verified(BODY, headers_of(), SECRET, clock=now) == {"event": "job.finished", "request": "r"}


def test_delivery_signed_with_the_old_secret_too_is_told() -> None:
    assert verified(BODY, headers_of(before="v1,b2xk "), SECRET, clock=now)["request"] == "r"


@pytest.mark.parametrize(
    ("body", "headers", "sentence"),
    [
        (BODY, {}, "not signed: webhook-id"),
        (BODY + b" ", headers_of(), "not signed with this secret"),
        (BODY, headers_of(key=b"o" * 32), "not signed with this secret"),
        (BODY, {**headers_of(), "webhook-signature": "v1,ä"}, "not signed with this secret"),
        (BODY, headers_of(at_s=NOW_S - 301), "older than 300 s"),
        (BODY, headers_of(at_s=NOW_S + 301), "older than 300 s"),
        (BODY, headers_of(at_s="²"), "older than 300 s"),
        (b"[]", headers_of(b"[]"), "no JSON object"),
        (b"{", headers_of(b"{"), "no JSON object"),
    ],
)
def test_delivery_of_somebody_else_is_refused(body: bytes, headers: dict[str, str], sentence: str) -> None:
    with pytest.raises(WebhookVerificationError, match=sentence):
        verified(body, headers, SECRET, clock=now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ä", "my secret"])
def test_what_is_no_secret_is_told_apart_from_a_forgery(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and base64"):
        verified(BODY, headers_of(), secret, clock=now)


@pytest.mark.parametrize(("request_", "verb"), [(WebhookSecretRequest(), "GET"), (RenewWebhookSecretRequest(), "POST")])
def test_secret_can_be_asked_for_and_is_in_no_repr(
    horde: FakeHorde, request_: WebhookSecretRequest | RenewWebhookSecretRequest, verb: str
) -> None:
    horde.will_answer(
        f"{verb} /v2/webhook_secret", Reply(200, {"secret": SECRET, "renewed_at": "2026-11-30T03:00:00+00:00"})
    )

    answer = AIHordeAPISimpleClient(apikey="k" * 22).ask(request_, WebhookSecretResponse)

    assert answer.secret == SECRET
    assert SECRET not in repr(answer)
    assert "secret" not in answer.log_safe_model_dump()
    assert horde.asked[0].headers["apikey"] == "k" * 22
