"""What is owed for a batch once it is stored: to the broker, to seals, and to those who wait."""

from gateway.engine.ports import Authenticator, Batch, Outlet


def acknowledge(outlet: Outlet, authenticator: Authenticator, batch: Batch) -> None:
    """To the broker, in the order of arrival; then to the seals."""
    for token in batch.tokens:
        outlet.acknowledge(token)
    for owed in batch.receipts:
        for answer in authenticator.answers(owed):
            outlet.publish(*answer)


def answer(batch: Batch) -> None:
    """Those who wait for what came of their action."""
    for waits, result in batch.answers:
        if waits is not None and not waits.done():
            waits.set_result(result)
    for waits, error in batch.failures:
        if waits is not None and not waits.done():
            waits.set_exception(error)
