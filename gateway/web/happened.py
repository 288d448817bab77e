"""What a press did, said on the page on which one lands: one table, by the pressed address.

A form is answered by a way to a page (303), and a browser shows nothing of the press itself. So the
way carries a word of this table, and the page's frame says the sentence; where a script pressed, it
comes with the part of the page that changed (`parts/pressed.html`). Whatever route is added gets
one here, or is named in `SAYS_ITSELF` with the reason (tests/web/test_happened.py).
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.core.cases.transitions import Action
from gateway.language.catalogue import N_, say

DONE: Final = "done"  # what a page's address calls the word
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
SENTENCES: Final[Mapping[str, str]] = {
    **_OF_CASES,
    **_OF_MATTERS,
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
    "/r/leave": "likewise",
    **dict.fromkeys(
        ("/sign-in", "/sign-in/code", "/invitation/{token}", "/r", "/prove"),
        "the way in: what one wanted to see stands there",
    ),
}
_ROUTES: Final = [
    (compile_path(path)[0], path) for path in SENTENCES if path != "/account/identity"
]  # that one leads to the provider, and is said by who comes back


def word_of(path: str) -> str:
    """What stands in an address for a press at this pattern."""
    return path.strip("/").replace("/", ".").replace("{", "").replace("}", "")


_SAID: Final = {word_of(path): sentence for path, sentence in SENTENCES.items()}


def happened(connection: HTTPConnection, language: str) -> str:
    """The sentence of what was pressed before this page was asked for, or by this very request
    where a script makes it; empty if nothing was."""
    sentence = _SAID.get(connection.query_params.get(DONE, ""), "")
    if connection.scope.get("method") == "POST":
        sentence = SENTENCES.get(_pattern(connection.scope), "")
    return sentence and say(sentence, language)


def saying(where: str, path: str) -> str:
    """An address that says what was pressed at this pattern; one that has a word already keeps
    it."""
    parts = urlsplit(where)
    if DONE in parse_qs(parts.query):
        return where
    query = "&".join(filter(None, (parts.query, urlencode({DONE: word_of(path)}))))
    return urlunsplit(parts._replace(query=query))


class HappenedMiddleware:
    """ASGI middleware around the routes alone: who is stopped before them has done nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and let the way to the next page say what was done."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 303:
                headers = MutableHeaders(raw=message["headers"])
                path = _pattern(scope)
                if path and "location" in headers:
                    headers["location"] = saying(headers["location"], path)
            await send(message)

        await self._app(scope, receive, telling)


def _pattern(scope: Scope) -> str:
    """Of the table's addresses the one that was pressed; empty if it is none."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return next((known for finds, known in _ROUTES if finds.match(path)), "")
