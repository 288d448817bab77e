"""Signed webhooks, checked by what the page for engineers tells receivers to do."""

import base64
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from gateway.channels.message import Wording
from gateway.channels.signature import Signer
from gateway.channels.webhook import Webhook as Channel
from gateway.settings.sections import Webhook
from gateway.settings.signing_secret import signing_key
from gateway.settings.zone import place
from tests.channels.documented_check import documented_check
from tests.channels.sample_entry import entry
from tests.notify.loopback_service import LoopbackService

NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
OTHER = "whsec_" + base64.b64encode(b"x" * 64).decode()
AT_S = 1_700_000_000
BODY = '{"why": "门开了"}'.encode()


def signed(*secrets: str) -> dict[str, str]:
    keys = [signing_key(secret) for secret in secrets]
    return Signer(keys, now_s=lambda: AT_S + 0.9).headers("page-1", BODY)


def test_the_standards_own_example_is_signed_as_the_standard_says() -> None:
    """Its published vector: this secret, id, time and body make this signature."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signer = Signer([key], now_s=lambda: 1_614_265_330)
    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_believes_what_is_fresh_and_unchanged() -> None:
    is_ours, headers = documented_check(), signed(NEW)
    assert is_ours(headers, BODY, NEW, AT_S)
    assert is_ours(headers, BODY, NEW, AT_S + 300)
    assert not is_ours(headers, BODY, NEW, AT_S + 301), "played again"
    assert not is_ours(headers, BODY, NEW, AT_S - 301)
    assert not is_ours(headers, BODY + b" ", NEW, AT_S)
    assert not is_ours(headers, BODY, OTHER, AT_S)
    for changed in ("webhook-id", "webhook-timestamp"):
        assert not is_ours(headers | {changed: f"{AT_S + 1}"}, BODY, NEW, AT_S)


def test_while_a_secret_is_changed_receivers_with_either_believe() -> None:
    is_ours, headers = documented_check(), signed(NEW, OLD)
    assert is_ours(headers, BODY, NEW, AT_S)
    assert is_ours(headers, BODY, OLD, AT_S)
    assert not is_ours(headers, BODY, OTHER, AT_S)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_dG9vIHNob3J0", "whsec_!", "x" * 40, "门"])
def test_a_secret_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must be whsec_") as refused:
        signing_key(text)
    assert not text or text == "whsec_" or text not in str(refused.value)


def test_an_old_secret_alone_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="no secret; set MENSHEN_WEBHOOK_SECRET"):
        Webhook(old_secret=OLD)
    with pytest.raises(ValidationError, match=r"webhook's secret \(MENSHEN_WEBHOOK_SECRET\) must"):
        Webhook(secret="hunter2")


async def test_only_the_sites_own_address_gets_a_signature(
    free_port: Callable[[], int],
) -> None:
    service, is_ours = LoopbackService(), documented_check()
    async with service.open(free_port()) as url:
        wording = Wording(place("Asia/Shanghai"))
        channel = Channel(url + "/site", "token", wording, Signer([signing_key(NEW)]))
        for path in ("/site", "/warden"):
            await channel.send(entry(url + path))
        await channel.close()
    (to_site,), (to_warden,) = service.at("/site"), service.at("/warden")
    headers = {name.lower(): value for name, value in to_site.headers.items()}
    assert is_ours(headers, to_site.body, NEW)
    assert headers["webhook-id"] == headers["idempotency-key"]
    theirs = {name.lower() for name in to_warden.headers}
    assert not any(name.startswith(("webhook-", "authorization")) for name in theirs)
