"""A status of 2xx proves nothing (A1): what services say inside it, each in its own words."""

import json

import pytest

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.verdict import WAIT_MS_MAX, asked_wait_ms, judged

REFUSED = [
    '{"status": "failed"}',
    '{"status": "error", "message": "no such number"}',
    '{"status": "rejected"}',
    '{"status": "undelivered", "error_code": null}',
    '{"status": 401, "message": "who are you?"}',
    '{"status": -1}',
    '{"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "too many"}',
    '{"success": 0}',
    '{"Ok": false}',
    '{"result": "error"}',
    '{"err": "no credit"}',
    '{"error-code": 12}',
    '{"errno": 5, "ret": -1}',
    '{"StatusCode": 1}',
    '{"messages": [{"status": "4", "error-text": "Bad Credentials"}]}',
    '{"code": 200, "data": {"success": false}}',
    '{"Response": {"Error": {"Code": "LimitExceeded"}}}',
    '{"Response": {"SendStatusSet": [{"errcode": 3}]}}',
    '[{"errcode": 1}]',
    '"error"',
    "ERROR: no credit left",
    "ERR: 301, No Credit Left",
]
TAKEN = [
    "",
    "ok",
    "0: Accepted for delivery",
    "Failover node took it",
    "\ufffd",
    "null",
    "[]",
    '["queued"]',
    '{"status": 1}',
    '{"status": "queued"}',
    '{"status": "delivered", "errors": []}',
    '{"statusCode": 200}',
    '{"StatusCode": 0}',
    '{"Code": "OK"}',
    '{"code": 1000}',
    '{"success": true, "failed": 0}',
    '{"sid": "SM1", "error_code": null, "error_message": null}',
    '{"messages": [{"status": "0"}]}',
    '{"Response": {"SendStatusSet": [{"Code": "Ok"}]}}',
    '{"data": {"code": "AB12", "error": "SUCCESS"}}',
    '{"ok": true, "result": {"chat": {"id": -100}}}',
]


@pytest.mark.parametrize("body", REFUSED)
def test_a1_an_error_inside_is_found_however_it_is_called(body: str) -> None:
    with pytest.raises(DeliveryError, match="error inside") as refused:
        judged(Answer(200, {}, body.encode()), "sms.example")
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("body", TAKEN)
def test_a1_what_says_that_it_was_taken_was(body: str) -> None:
    assert judged(Answer(200, {}, body.encode()), "sms.example") in ("accepted", "queued")


def test_a1_no_answer_is_too_odd_to_be_read() -> None:
    deep = '{"data":' * 20_000 + "1" + "}" * 20_000
    digits = '{"code": ' + "9" * 10_000 + "}"
    for body in (deep.encode(), digits.encode(), b"[" * 60_000, b"\xff\xfe\x00", b"\xef\xbb\xbf{}"):
        assert judged(Answer(200, {}, body), "sms.example") == "accepted"
    huge = json.dumps({"errmsg": "x" * 60_000, "errcode": 1})
    with pytest.raises(DeliveryError):
        judged(Answer(200, {}, huge.encode()), "sms.example")


@pytest.mark.parametrize(
    ("said", "wait_ms"),
    [
        ("60", 60_000),
        ("0", 0),
        ("9" * 40, WAIT_MS_MAX),
        ("Wed, 21 Oct 2099 07:28:00 GMT", WAIT_MS_MAX),
        ("Wed, 21 Oct 1999 07:28:00 GMT", 0),
        *((odd, None) for odd in ("-5", "1.5", "1e9", "６０", "60, 60", "soon", "", "Wed, 31 Feb")),
    ],
)
def test_a8_retry_after_in_any_form_is_a_wait_that_ends(said: str, wait_ms: int | None) -> None:
    assert asked_wait_ms({"retry-after": said}) == wait_ms
