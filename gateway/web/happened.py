"""What a press did, said on the page on which one lands: one table, by the pressed address.

A form is answered by a way to a page (303), and a browser shows nothing of the press itself. So the
way carries a word of this table, and the frame of the page says the sentence; where a script
pressed, it comes with the part of the page that changed (`parts/pressed.html`). Whatever route is
added gets one here, or is named in `SAYS_ITSELF` with the reason (tests/web/test_happened.py).

An address proves nothing: anybody can write one, and hand it on. So a word counts with the mark of
this run of the console, which says for which page it is, for whom and from when; any other word is
as good as none.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.core.cases.transitions import Action
from gateway.core.duration import MINUTE_MS
from gateway.language.catalogue import N_, say
from gateway.web.security import is_household, prefix
from gateway.web.visitors import visitor
from gateway.web.whose import WHOSE, by_account

DONE: Final = "done"  # what a page's address calls the word
LASTS_MS: Final = 5 * MINUTE_MS  # from the press on: a slow line, and no address kept for long
_MARK_BYTES: Final = 18  # of a mark: 144 bits, in 24 characters
_UNDONE: Final = "menshen.undone"  # where a request says that it did nothing
MARKED_MAX: Final = 200  # characters that are looked at: of the word, its second and its mark
_NOTED: Final = N_("It is noted.")
_SIGNED_OUT: Final = N_("You are signed out.")
_PHONE_OUT: Final = N_("That phone is signed out.")
_OF_ACTION: Final = {
    Action.ACKNOWLEDGE: N_("The case is taken on."),
    Action.ON_THE_WAY: N_("It is noted that somebody is on the way."),
    Action.ON_SITE: N_("It is noted that somebody is at the door."),
    Action.PROVE: _NOTED,
    Action.REPORT: N_("The report is written down."),
    Action.HAND_OVER: N_("The case is handed over."),
    Action.TAKE_BACK: N_("The report is taken back."),
    Action.ASSESS: N_("The assessment is written down."),
    Action.SIGN_OFF: N_("The case is signed off."),
    Action.SHELVE: N_("The case is put aside."),
}
_OF_CASES: Final = {
    f"{way}/cases/{{case_id}}/{action}": sentence
    for way in ("", "/inbox/{warden_id}", "/handheld/{warden_id}")
    for action, sentence in _OF_ACTION.items()
}
_DEEDS: Final = {
    "requests/{request_id}": ("take", "on_the_way", "at_the_door", "done", "leave", "decline"),
    "questions/{question_id}": ("take", "end"),
    "disputes/{dispute_id}": ("assign", "answer"),
}
_OF_MATTERS: Final = {
    f"{way}/{matter}/{deed}": _NOTED
    for way in ("", "/handheld/{warden_id}")
    for matter, deeds in _DEEDS.items()
    for deed in deeds
}
_ANNOUNCES: Final = ("announce/now", "announce/once", "announce/daily")
_NOTES: Final = ("well", "seal", "quiet", "consent/give", "consent/withdraw")
_OF_HOUSEHOLDS: Final = {  # by themselves, on their page
    **dict.fromkeys(
        (f"/r/{deed}" for deed in _ANNOUNCES),
        N_("It is announced. Nobody is disturbed when the door opens then."),
    ),
    **dict.fromkeys(("/r/announce/end", "/r/ask/withdraw"), N_("It is taken back.")),
    **dict.fromkeys((f"/r/{deed}" for deed in _NOTES), N_("It is noted. Thank you.")),
    "/r/ask": N_("It is sent. You see here how it goes."),
    "/r/dispute": N_("It is noted. Somebody who had no part in it answers you here."),
    "/r/leave": N_("The page is closed."),
}
_AT_THE_LINE: Final = {  # by telephone, as a warden books it
    **dict.fromkeys(_ANNOUNCES, N_("It is announced, as said by the household.")),
    **dict.fromkeys(
        ("announce/end", "ask/withdraw"), N_("It is taken back, as said by the household.")
    ),
    **dict.fromkeys((*_NOTES, "ask", "dispute"), N_("It is noted, as said by the household.")),
}
_OF_HOLDS: Final = {
    "/doors/{door_id}/orders/{order_id}/hold": N_(
        "It is held. The household sees on its page by whom, why and until when."
    ),
    "/doors/{door_id}/holds/{hold_id}/extend": N_(
        "It is held for longer, and the household sees it."
    ),
    "/doors/{door_id}/holds/{hold_id}/lift": N_(
        "It is held no more. What is over is destroyed on time, or at once if it is late."
    ),
}
SENTENCES: Final[Mapping[str, str]] = {
    **_OF_CASES,
    **_OF_MATTERS,
    **_OF_HOUSEHOLDS,
    **{f"/doors/{{door_id}}/household/{deed}": said for deed, said in _AT_THE_LINE.items()},
    **_OF_HOLDS,
    "/cases/{case_id}/actor": N_("What is pressed at this screen counts as theirs from now on."),
    "/commission": N_("This is the door of that code."),
    "/doors/{door_id}/walk-test": N_("The walk test has begun."),
    "/doors/{door_id}/walk-test/end": N_("The walk test is ended."),
    "/doors/{door_id}/visits": N_("The work at the seal is announced."),
    "/doors/{door_id}/visits/{visit_id}/end": N_("The work at the seal is over."),
    "/doors/{door_id}/permits": N_("It is announced: these openings disturb nobody."),
    "/doors/{door_id}/permits/{ended_id}/end": N_("It is announced no more."),
    "/doors/{door_id}/orders/{order_id}/end": N_("The order is ended."),
    "/wardens/{warden_id}/test": N_("A test page is on its way."),
    "/handheld/{warden_id}/test": N_("A test page is on its way."),
    "/inbox/{warden_id}/tests/{sent_id}/pressed": N_(
        "It is noted that the test page was received."
    ),
    "/handheld/{warden_id}/tests/{sent_id}/pressed": N_(
        "It is noted that the test page was received."
    ),
    "/wardens/{warden_id}/phones/{session_id}/end": _PHONE_OUT,
    "/accounts/{name}/phones/{session_id}/end": _PHONE_OUT,
    "/account/phones/{session_id}/end": _PHONE_OUT,
    "/account/phones/end": N_("You are signed out everywhere else."),
    "/account/password": N_("The new password holds from now on."),
    "/account/code": N_("From now on the sign-in asks for a one-time code too."),
    "/account/code/end": N_("The sign-in asks for no one-time code any more."),
    "/account/passkeys": N_("The passkey is added."),
    "/account/passkeys/{passkey_id}/end": N_("The passkey is removed."),
    "/account/identity": N_("From now on you may sign in there."),
    "/account/identity/end": N_("You sign in there no more."),
    "/tokens/{name}/{session_id}/end": N_("The token is ended."),
    "/updates/start": N_("The roll-out has begun: a seal asks within the hour."),
    "/updates/stop": N_("The roll-out is stopped."),
    "/updates/go-on": N_("The roll-out goes on."),
    "/updates/end": N_("The roll-out is ended."),
    "/sign-out": _SIGNED_OUT,
}
SAYS_ITSELF: Final[Mapping[str, str]] = {
    "/handheld/{warden_id}/sign_out": "its page says nothing else",
    **dict.fromkeys(
        ("/sign-in", "/sign-in/code", "/invitation/{token}", "/r", "/prove"),
        "the way in: what one wanted to see stands there",
    ),
}
OVER: Final = "over"  # said where a household's page was closed, by nobody's press
_BY_ITSELF: Final = {
    OVER: N_(
        "The page was closed. That happens after half an hour, or when there is a newer sheet. "
        "Please say the code again."
    )
}
_ROUTES: Final = [
    (compile_path(path)[0], path) for path in SENTENCES if path != "/account/identity"
]  # that one leads to the provider, and is said by who comes back


def word_of(path: str) -> str:
    """What stands in an address for a press at this pattern."""
    return path.strip("/").replace("/", ".").replace("{", "").replace("}", "")


_SAID: Final = {word_of(path): sentence for path, sentence in {**SENTENCES, **_BY_ITSELF}.items()}


class Happened:
    """Lets a way to a page say what was done, and knows there whether that is true.

    Args:
        key: of this run of the console; what an earlier one marked says nothing.
        now_ms: the gateway's time.
        source: where a request comes from, which counts for whoever is not known.
    """

    def __init__(
        self,
        key: bytes,
        now_ms: Callable[[], int],
        source: Callable[[HTTPConnection], str],
    ) -> None:
        self._key, self._now_ms, self._source = key, now_ms, source

    def saying(
        self, connection: HTTPConnection, where: str, path: str, is_left: bool = False
    ) -> str:
        """An address that says what was pressed at this pattern, to whoever pressed it.

        Args:
            connection: by which it was pressed.
            where: a page of ours, as a browser is led there.
            path: of the table.
            is_left: whether they go on as nobody, for the session ended with it.
        """
        parts, word = urlsplit(where), word_of(path)
        whose = self._left(connection) if is_left else WHOSE.get().by
        page = unquote(parts.path).removeprefix(prefix(connection))
        mark = self._mark(word, page, whose, self._now_ms() // 1_000)
        query = "&".join(filter(None, (parts.query, urlencode({DONE: mark}))))
        return urlunsplit(parts._replace(query=query))

    def sentence(self, connection: HTTPConnection, language: str) -> str:
        """What was pressed before this page was asked for; empty if nothing was, or if another
        page, somebody else or an older address says so."""
        given = connection.query_params.get(DONE, "")[:MARKED_MAX]
        word, second = (*given.split("~"), "")[:2]
        sentence = _SAID.get(word)
        if sentence is None or not (given.isascii() and second.isdecimal()):
            return ""
        since_s, page = int(second), _path(connection.scope)
        is_new = 0 <= self._now_ms() // 1_000 - since_s < LASTS_MS // 1_000
        mark = self._mark(word, page, WHOSE.get().by, since_s)
        return say(sentence, language) if is_new and hmac.compare_digest(given, mark) else ""

    def _mark(self, word: str, path: str, whose: str, second: int) -> str:
        """The word with its second and its mark."""
        marked = json.dumps([word, path, whose, second]).encode()
        digest = hmac.digest(self._key, b"happened" + marked, hashlib.sha256)[:_MARK_BYTES]
        return f"{word}~{second}~{urlsafe_b64encode(digest).decode()}"

    def _left(self, connection: HTTPConnection) -> str:
        """By what somebody counts whose session is over; a household's page may have been open
        beside an account's."""
        who = visitor(connection) if is_household(connection) else None
        return self._source(connection) if who is None else by_account(who.account.account_id)


def pressed(connection: HTTPConnection, language: str) -> str:
    """The sentence of what this very request did, beside the part of the page that it changed: for
    routes that have done it."""
    return say(SENTENCES[_pattern(connection.scope)], language)


def undone(connection: HTTPConnection) -> None:
    """Let the way on say nothing, for what was pressed was not done."""
    connection.scope[_UNDONE] = True


class HappenedMiddleware:
    """ASGI middleware around the routes alone: who is stopped before them has done nothing."""

    def __init__(self, app: ASGIApp, happened: Happened) -> None:
        self._app, self._happened = app, happened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and let the way to the next page say what was done."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 303:
                message = {**message, "headers": self._told(scope, message["headers"])}
            await send(message)

        await self._app(scope, receive, telling)

    def _told(self, scope: Scope, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers of a way on, as new ones: an answer may be kept, to be given again."""
        headers, path = MutableHeaders(raw=[*given]), _pattern(scope)
        if path and _UNDONE not in scope and "location" in headers:
            is_left = "clear-site-data" in headers  # the browser forgets its session
            connection = HTTPConnection(scope)
            where = headers["location"]
            headers["location"] = self._happened.saying(connection, where, path, is_left)
        return headers.raw


def _pattern(scope: Scope) -> str:
    """Of the table's addresses the one that was pressed; empty if it is none."""
    path = _path(scope)
    return next((known for finds, known in _ROUTES if finds.match(path)), "")


def _path(scope: Scope) -> str:
    """Which page of ours, whatever stands before that at the proxy."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
