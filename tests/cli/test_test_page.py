"""`menshen test-page`, and what `menshen check` says about channels: against a real service."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import insert

from gateway.cli import check_channels
from gateway.cli.check_result import Mark
from gateway.store import tables

NOW_MS = 1_900_000_000_000


class Service(BaseHTTPRequestHandler):
    """Takes what comes at /ok, and refuses the rest as a provider does."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = b"{}" if self.path == "/ok" else b'{"errcode": 45009, "errmsg": "too many"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def tell(store, *channels):
    with store.writing() as connection:
        connection.execute(tables.wardens.update().values(channels=json.dumps(channels)))


def test_a1_a_test_page_says_what_each_service_answered(menshen, store, url):
    tell(store, f"webhook:{url}/ok", f"webhook:{url}/refused-key-77", "inbox")
    answer = menshen("test-page", "w1", "--json")
    assert answer.code == 1
    said = [(one["channel"], one["evidence"]) for one in answer.json]
    assert said == [("webhook", "accepted"), ("webhook", None), ("inbox", "queued")]
    assert "45009" in answer.json[1]["words"]
    assert "key-77" not in answer.out
    tell(store, f"webhook:{url}/ok")
    assert menshen("test-page", "w1").code == 0


def test_a_test_page_needs_somebody(menshen, store):
    assert menshen("test-page", "nobody").code == 1


def test_a1_check_names_whose_newest_page_was_refused_and_with_which_words(store):
    assert checked(store).mark is Mark.OK
    page = {"page_id": "p", "case_id": "c", "door_id": "d1", "channel": "apprise"}
    page |= {"warden_id": "w1", "reason": "no_permit", "since_ms": 0, "next_ms": 0}
    page |= {"made_ms": NOW_MS, "tries": 2, "error": "WeCom answered 45009: too many"}
    with store.writing() as connection:
        connection.execute(insert(tables.outbox), page | {"address": "wecombot://secret-key"})
    result = checked(store)
    assert result.mark is Mark.FAIL
    assert "w1 by apprise (WeCom answered 45009: too many)" in result.text
    assert "secret-key" not in result.text
    with store.writing() as connection:  # a later page went out
        later = {"page_id": "p2", "error": None, "done_ms": NOW_MS}
        connection.execute(
            insert(tables.outbox), page | later | {"address": "wecombot://secret-key"}
        )
    assert checked(store).mark is Mark.OK


def test_i1_check_fails_for_an_address_that_was_enrolled_and_cannot_be_used(store):
    tell(store, "webhook:http://10.0.0.5：8080/key-77")
    result = checked(store)
    assert (result.mark, "w1" in result.text, "key-77" in result.text) == (Mark.FAIL, True, False)


def test_a9_check_says_by_which_proxy_pages_go_out(monkeypatch, url):
    for name in ("https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", url.replace("http://", "http://me:secret@"))
    monkeypatch.setenv("no_proxy", "localhost")
    (found,) = check_channels.way_out()
    assert (found.mark, "secret" in found.text) == (Mark.OK, False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (found,) = check_channels.way_out()
    assert found.mark is Mark.FAIL
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    (found,) = check_channels.way_out()
    assert (found.mark, "http://" in found.text) == (Mark.FAIL, True)


def checked(store):
    with store.reading() as connection:
        return check_channels.channels(connection, NOW_MS)
