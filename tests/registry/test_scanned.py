"""What is scanned or typed of a seal: an id, a label's code, a link; of a door, anything it has."""

import pytest

from gateway.registry.scanned import ScanError, seal_of

SEAL = "00112233aabbccdd"


@pytest.mark.parametrize(
    "text",
    [
        SEAL,
        "0011 2233 aabb ccdd",
        " 0011-2233-AABB-CCDD\n",
        f"menshen:seal:{SEAL}",
        f"https://menshen.example/seals/{SEAL}",
        f"https://10.0.0.7:8443/s/{SEAL}?x=1",
        f"/seals/{SEAL}",
    ],
)
def test_a_seal_is_known_by_what_its_label_says(text: str) -> None:
    assert seal_of(text) == SEAL


@pytest.mark.parametrize(
    "text", ["", "menshen:door:1234567890", SEAL[:-1], SEAL + "0", "https://x/doors/d1", "g" * 16]
)
def test_what_is_no_seal_is_told(text: str) -> None:
    with pytest.raises(ScanError) as told:
        seal_of(text)
    assert "四位一组" in told.value.told("zh")
