"""Topic names, built and taken apart in one place. They carry a random id and nothing else."""

from .errors import MALFORMED, WireError

ID_CHARACTERS = 16
LEAVES = ("report", "receipt", "command", "status", "update")
EVERY_REPORT = "seals/+/report"
EVERY_UPDATE = "seals/+/update"
UPDATE_END = "/update"
_HEX = "0123456789abcdef"


def is_id(text: str) -> bool:
    """Whether `text` is an id as this wire writes it: 16 lowercase hexadecimal digits."""
    return len(text) == ID_CHARACTERS and all([c in _HEX for c in text])


def report(seal_id: str) -> str:
    """Where a seal publishes its reports."""
    return _topic(seal_id, "report")


def receipt(seal_id: str) -> str:
    """Where the gateway publishes a seal's receipts."""
    return _topic(seal_id, "receipt")


def command(seal_id: str) -> str:
    """Where the gateway tells a seal what to do. Reserved: nothing is sent there yet."""
    return _topic(seal_id, "command")


def status(seal_id: str) -> str:
    """Where a seal's link state would stand. Reserved: nothing is sent there yet."""
    return _topic(seal_id, "status")


def update(seal_id: str) -> str:
    """Where a seal asks for an update, block by block. The answers come as receipts do."""
    return _topic(seal_id, "update")


def echo(gateway_id: str) -> str:
    """Where a gateway talks to itself, to find a broker that accepts and no longer delivers."""
    _check(gateway_id)
    return "gateways/" + gateway_id + "/echo"


def parse(topic: str) -> "tuple[str, str]":
    """(seal id, leaf) of a seal's topic. WireError if it is none."""
    parts = topic.split("/")
    if len(parts) != 3 or parts[0] != "seals" or parts[2] not in LEAVES or not is_id(parts[1]):
        raise WireError(MALFORMED, "not a topic of a seal")
    return parts[1], parts[2]


def _topic(seal_id: str, leaf: str) -> str:
    _check(seal_id)
    return "seals/" + seal_id + "/" + leaf


def _check(an_id: str) -> None:
    if not is_id(an_id):
        raise ValueError("an id has 16 lowercase hexadecimal digits")
