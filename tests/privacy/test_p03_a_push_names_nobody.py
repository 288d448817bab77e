"""P3: what leaves for a phone has no address, name, telephone or word of quarantine; only the
random number by which whoever signs in finds the rest."""

import json
from datetime import UTC

import msgspec
import pytest

from gateway.channels.message import Wording
from gateway.channels.webhook import body
from gateway.core.reasons import UNWATCHED, Reason
from gateway.language.catalogue import LOCALES
from gateway.store.outbox import Entry, Group

NAMES = ("3栋2单元501", "door-501", "wang", "王", "13800138000", "a1b2c3d4e5f60718")
UNTOLD = UNWATCHED | {Reason.ALLOWANCE}  # recorded only: never a page
NEVER = ("quarantine", "隔离", "address", "patient", "positive", "阳性")


def entry(reason: Reason, language: str) -> Entry:
    case_id = f"{NAMES[5]}-17"
    made = Entry(
        1, f"{case_id}-r1", case_id, NAMES[1], NAMES[2], "push", "", language, reason, 0, 0, 0
    )
    made.sent_id = "00c0ffee00c0ffee"
    if reason is Reason.GROUPED:
        made.about = msgspec.json.encode(Group(2, 1, (case_id,))).decode()
    return made


@pytest.mark.parametrize("language", LOCALES)
def test_p03_no_text_that_leaves_the_house_names_anybody(language: str):
    wording = Wording(UTC, "https://seal.example")
    for reason in set(Reason) - UNTOLD:
        page = entry(reason, language)
        hook = json.dumps(json.loads(body(page, wording)), ensure_ascii=False)
        for text in (*wording.text(page), wording.short(page), hook):
            for word in (*NAMES, *NEVER):
                assert word not in text, (reason, text)
