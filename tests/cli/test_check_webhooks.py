"""What `menshen check` says of the site's own webhooks."""

import base64

from sqlalchemy import insert, update

from gateway.cli.check_webhooks import LATE_MS
from gateway.cli.output import now_ms
from gateway.feeds.milestone_log import MilestoneLog
from gateway.store import feed_tables, tables

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def marks(answer):
    return {result["part"]: result["mark"] for result in answer.json}


def waits(store, since_ms):
    MilestoneLog(store).begin()
    case = {"case_id": "a1-1", "grid_id": "g1", "reason": "no_permit", "state": "raised"}
    times = {"at_ms": since_ms, "since_ms": since_ms, "openings": 1}
    row = {"journal_id": 9, "part": 0, "happened": "raised", **case, **times}
    with store.writing() as connection:
        connection.execute(update(tables.cursors).values(journal_id=8))
        connection.execute(insert(feed_tables.milestones), [row])


def test_events_that_nobody_takes_fail(menshen, store, folder, monkeypatch):
    secret_path = "/hook?key=hidden"
    text = f'[webhook]\nevents_url = "https://alarms.example{secret_path}"\n'
    (folder / "menshen.toml").write_text(text)
    answer = menshen("check", "--json")
    assert (marks(answer)["events"], marks(answer)["signature"]) == ("ok", "warn")
    monkeypatch.setenv("MENSHEN_WEBHOOK_SECRET", SECRET)
    waits(store, now_ms() - LATE_MS - 1_000)
    answer = menshen("check", "--json")
    assert marks(answer)["events"] == "fail"
    assert "signature" not in marks(answer)
    assert "alarms.example takes none: 1 event waiting, the oldest for 5 min" in answer.out
    assert "hidden" not in answer.out
    assert SECRET not in answer.out


def test_without_webhooks_nothing_is_said(menshen, store):
    assert not {"events", "signature"} & marks(menshen("check", "--json")).keys()
