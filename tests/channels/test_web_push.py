"""The sealing of Web Push against the example of RFC 8291, section 5."""

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.channels.web_push import octets, record

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
