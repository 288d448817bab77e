"""The sealing of Web Push against the example of RFC 8291, section 5."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.channels.web_push import SIGNED_S, SiteKey, octets, record
from gateway.settings.web_address import web_address

PLAINTEXT = b"When I grow up, I want to be a watermelon"
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
UA_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
AUTH_SECRET, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)


def test_a_message_is_sealed_as_the_rfc_says() -> None:
    number = int.from_bytes(octets(AS_PRIVATE), "big")
    once = ec.derive_private_key(number, ec.SECP256R1())
    body = record(PLAINTEXT, octets(UA_PUBLIC), octets(AUTH_SECRET), once, octets(SALT))
    assert body == octets(BODY)


@pytest.mark.parametrize("wrong_s", [0, 20 * 3_600, -20 * 3_600])
def test_a_signature_of_a_clock_that_was_wrong_is_not_shown_to_a_service(wrong_s: int) -> None:
    """Services refuse one that holds for more than a day: no phone would ring until it is over."""
    now_s = [1_790_000_000.0 + wrong_s]
    key = SiteKey(bytes(32), "mailto:desk@example.org", lambda: now_s[0])
    target = web_address("https://push.example.org/send")
    key.authorization(target)
    now_s[0] -= wrong_s
    token = key.authorization(target).partition("t=")[2].partition(",")[0]
    ends_s = json.loads(octets(token.split(".")[1]))["exp"]
    assert 0 < ends_s - now_s[0] <= SIGNED_S
