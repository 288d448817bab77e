"""A seal's own two topics, apart from `topics`, which a chip's heap has no room for."""


def report(seal_id: str) -> str:
    """Where a seal publishes its reports."""
    return "seals/" + seal_id + "/report"


def receipt(seal_id: str) -> str:
    """Where the gateway answers a seal: its receipts, and what it is asked to do."""
    return "seals/" + seal_id + "/receipt"
