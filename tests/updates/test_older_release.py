"""What has become of a seal is said as it is; and a release older than what seals run: nobody calls
them good, and nobody starts it unasked."""

from pathlib import Path

import pytest

from gateway.language.catalogue import say
from gateway.updates import kept, progress_words
from gateway.updates.kept import OlderError
from gateway.updates.rollout import Plan, Progress, RolloutState, SealState, Stage
from sealwire import update_answer
from tests.updates.releases import made
from tests.updates.test_server import KEYS, RELEASE, Site

NEWER = RELEASE.manifest.counter + 1


async def test_a_seal_that_runs_a_newer_one_is_left_out_and_not_good(tmp_path: Path) -> None:
    site = Site(tmp_path / "menshen.db")
    await site.start(canaries=2)
    assert site.ask(1, running=NEWER)[1] == 0
    assert site.ask(2, running=RELEASE.manifest.counter)[1] == 0
    await site.server.look()
    with site.store.reading() as connection:
        found = kept.overview(connection)
    assert found is not None
    stands = [(found.seals[f"{n:016x}"].state, found.seals[f"{n:016x}"].reason) for n in (1, 2)]
    assert stands == [(SealState.LEFT_OUT, "newer"), (SealState.GOOD, "")]
    assert found.state == RolloutState.RUNNING


def test_an_older_release_is_started_only_by_who_means_it(tmp_path: Path) -> None:
    site = Site(tmp_path / "menshen.db")
    seals = list(KEYS)
    stages = dict.fromkeys(seals, Stage.ALL)
    old, new = made(NEWER - 1), made(NEWER)
    with site.store.writing() as connection:
        for release in (old, new):
            kept.add(connection, release, site.now_ms)
        number = kept.start(connection, new.release_id.hex(), Plan(), stages, site.now_ms)
        took = Progress(Stage.ALL, SealState.GOOD, site.now_ms)
        kept.write(connection, number, dict.fromkeys(seals[:2], took))
        kept.turn(connection, number, RolloutState.ENDED, site.now_ms)
    with site.store.writing() as connection, pytest.raises(OlderError, match="2 of 7 seals run"):
        kept.start(connection, old.release_id.hex(), Plan(), stages, site.now_ms)
    without = {one: Stage.ALL for one in seals[2:]}
    with site.store.writing() as connection:
        kept.turn(
            connection,
            kept.start(connection, old.release_id.hex(), Plan(), without, site.now_ms),
            RolloutState.ENDED,
            site.now_ms,
        )
        older = old.release_id.hex()
        kept.start(connection, older, Plan(), stages, site.now_ms, may_be_older=True)
        found = kept.newest(connection)
    assert found is not None
    assert found[1] is RolloutState.RUNNING


@pytest.mark.parametrize("reason", [*update_answer.REASONS[1:], "newer", "retired"])
def test_who_refused_a_release_did_not_go_back(reason: str) -> None:
    """Every word that a seal sends, or that the gateway has for it, is said in both languages."""
    failed = Progress(Stage.CANARY, SealState.FAILED, 1, reason=reason)
    state, why = progress_words.state_word(failed), progress_words.reason_words(failed)
    refused = reason in ("unsigned", "damaged", "older", "incompatible", "full", "nokey")
    assert state == ("refused it" if refused else "failed")
    assert refused <= ("back" not in why)
    assert why != reason
    for text in (state, why):
        assert say(text, "en") == text
        assert not say(text, "zh").isascii()
    assert state in progress_words.ALL
