"""The audit in words: every look and every act as a sentence, from one table by route or act.

What stands in the chain is a request's method and pattern of address, or a word of ours, and stays
as it was written; here it is only read. A line that no row of `WORDS` knows (of an older release,
or of a newer one) is shown as it stands, so that nothing in the chain is hidden.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Connection

from gateway.accounts import audit_status
from gateway.accounts.audit import REFUSED, Entry, Note
from gateway.core.cases.number import case_number
from gateway.core.cases.transitions import Action
from gateway.language.catalogue import N_, say
from gateway.store import views
from gateway.web import audit_command_words, audit_household_words
from gateway.web.actions import KINDS
from gateway.web.answers import API
from gateway.web.matters import DISPUTES, MATTERS, QUESTIONS, REQUESTS


class Kind(StrEnum):
    """What sort of thing somebody did, to filter by."""

    LOOK = "look"
    ACT = "act"
    SIGN_IN = "sign_in"
    ACCOUNT = "account"  # what was done to accounts, phones and tokens


KIND_WORDS: Final = {
    Kind.LOOK.value: N_("Looks"),
    Kind.ACT.value: N_("Acts"),
    Kind.SIGN_IN.value: N_("Sign-ins"),
    Kind.ACCOUNT.value: N_("Accounts and phones"),
    REFUSED: N_("What was refused"),
}


class Words(NamedTuple):
    """A sentence about whoever stands before it; `{case}`, `{door}` and so on are filled in."""

    kind: Kind
    sentence: str


_OF_ACTION: Final = {
    Action.ACKNOWLEDGE: N_("acknowledged case {case}"),
    Action.ON_THE_WAY: N_("set off for case {case}"),
    Action.ON_SITE: N_("was at the door for case {case}"),
    Action.PROVE: N_("proved by the door's code to be at the door for case {case}"),
    Action.REPORT: N_("reported how case {case} ended"),
    Action.HAND_OVER: N_("handed case {case} over"),
    Action.TAKE_BACK: N_("took the report of case {case} back"),
    Action.ASSESS: N_("assessed case {case}"),
    Action.SIGN_OFF: N_("signed case {case} off"),
    Action.SHELVE: N_("put case {case} aside"),
}
_OF_MATTER: Final = {
    (REQUESTS.path, "take"): N_("took a request"),
    (REQUESTS.path, "on_the_way"): N_("set off with a request"),
    (REQUESTS.path, "at_the_door"): N_("was at the door with a request"),
    (REQUESTS.path, "done"): N_("noted a request as done"),
    (REQUESTS.path, "leave"): N_("gave a request back"),
    (REQUESTS.path, "decline"): N_("declined a request"),
    (DISPUTES.path, "assign"): N_("named who answers a dispute"),
    (DISPUTES.path, "answer"): N_("answered a dispute"),
    (QUESTIONS.path, "take"): N_("took a question about somebody's health"),
    (QUESTIONS.path, "end"): N_("noted how a question about somebody's health ended"),
}
_SIGNED_FOR: Final = N_("signed for a page")
_ANNOUNCED: Final = N_("announced an opening at {door}")
_UNANNOUNCED: Final = N_("took back an announced opening at {door}")
_ORDER_ENDED: Final = N_("ended an order at {door}")
_HELD: Final = N_("held the records of {door} beyond their time")
_HELD_LONGER: Final = N_("held the records of {door} for longer")
_LIFTED: Final = N_("held the records of {door} no more")
_INVITED: Final = N_("invited a phone of {account}")
_REVOKED: Final = N_("ended a session of {account}")
_TOKEN_ENDED: Final = N_("ended a token of {account}")
_TOKEN_MADE: Final = N_("made a token for {account}")
_OWN_PASSWORD: Final = N_("opened the form for another password")
_OWN_CODE: Final = N_("opened the form for another authenticator app")
_OWN_PASSKEY: Final = N_("opened the form for a passkey")
_PROVING: Final = N_("was asked again who it is")
_PASSWORD_CHANGED: Final = N_("changed their own password")
_CODE_SET: Final = N_("set up another authenticator app")
_CODE_ENDED: Final = N_("gave their authenticator app up")
_PASSKEY_ADDED: Final = N_("added a passkey")
_LINKED: Final = N_("linked their account with the provider")
_UNLINKED: Final = N_("unlinked their account from the provider")
_PROVED: Final = N_("proved again who it is")
_PHONES: Final = ("/inbox", "/handheld")
_AT_SEALS: Final = {
    "walk-test": N_("began a walk test at {door}"),
    "walk-test/end": N_("left off a walk test at {door}"),
    "visits": N_("announced work at the seal of {door}"),
    "visits/{visit_id}/end": N_("ended announced work at the seal of {door}"),
}
_TEST_SENT: Final = N_("sent {person} a test page")
_TEST_SEEN: Final = N_("read how the test page to {person} went")
_TEST_OPENED: Final = N_("opened a test page")
_TEST_GOT: Final = N_("pressed that the test page came")
_LOOKS: Final = {
    "GET /": N_("looked at the wall of doors"),
    "GET /doors/{door_id}": N_("looked at {door}"),
    "GET /holds": N_("looked at what is held beyond its time"),
    "GET /doors/{door_id}/holds": N_("looked at what is held of {door} beyond its time"),
    f"GET {API}/holds": N_("read what is held beyond its time as a program does"),
    f"GET {API}/doors/{{door_id}}/holds": N_("read what is held of {door} as a program does"),
    "GET /commission": N_("looked at which doors want a walk test"),
    "GET /seals/{seal_id}": N_("scanned the label of a seal"),
    "GET /doors/{door_id}/household": N_("opened the page for the household of {door} at the line"),
    "GET /doors/{door_id}/walk-test": N_("looked at the walk test of {door}"),
    f"GET {API}/doors/{{door_id}}/walk-test": N_("read the walk test of {door} as a program does"),
    "GET /doors/{door_id}/certificate": N_("looked at the certificate of {door}"),
    "GET /doors/{door_id}/certificate/file": N_("took the certificate of {door} as a file"),
    "GET /cases": N_("looked at the list of cases"),
    "GET /cases/{case_id}": N_("looked at case {case}"),
    "GET /cases/{case_id}/photos/{photo_id}": N_("looked at a photo of case {case}"),
    "GET /pages/{code}": N_("opened the link of a page"),
    "GET /wardens": N_("looked at the list of wardens"),
    "GET /wardens/{warden_id}": N_("looked at how {person} is reached"),
    "GET /c/{number}": N_("opened the short link of a case"),
    f"GET {API}/wardens/{{warden_id}}/test": _TEST_SEEN,
    **{f"GET {phone}/{{warden_id}}/tests/{{sent_id}}": _TEST_OPENED for phone in _PHONES},
    "GET /inbox/{warden_id}": N_("looked at the pages of {person}"),
    "GET /handheld/{warden_id}": N_("opened the phone's page of {person}"),
    "GET /handheld/{warden_id}/further": N_("read on in the cases on the phone of {person}"),
    "GET /handheld/{warden_id}/cases/{case_id}": N_("looked at case {case} on the phone"),
    "GET /requests": N_("looked at what households ask for"),
    f"GET {API}/requests": N_("read what households ask for as a program does"),
    f"GET {API}/requests/counts": N_("read how much was done for households as a program does"),
    "GET /handheld/{warden_id}/requests": N_("looked at the requests on the phone of {person}"),
    "GET /health": N_("looked at the gateway's health"),
    "GET /history": N_("looked at what the names in the history stand for"),
    f"GET {API}/pages/{{page_id}}/notification": N_("got a page on a phone that rang"),
    f"GET {API}/doors": N_("read the list of doors as a program does"),
    f"GET {API}/cases": N_("read the list of cases as a program does"),
    f"GET {API}/health": N_("read the gateway's health as a program does"),
    f"GET {API}/cases/{{case_id}}/contacts": N_("read which doors of case {case} opened"),
    f"GET {API}/cases/{{case_id}}/deliveries": N_("read who was told of case {case}"),
    f"GET {API}/wardens/{{warden_id}}/pages": N_("read the pages of {person} as a program does"),
    "GET /account": N_("looked at their own account"),
    "GET /account/password": _OWN_PASSWORD,
    "GET /account/code": _OWN_CODE,
    "GET /account/passkeys/new": _OWN_PASSKEY,
    "GET /prove": _PROVING,
    "GET /prove/act": _PROVING,
    "GET /prove/oidc": _PROVING,
    "GET /accounts": N_("looked at the accounts"),
    "GET /tokens": N_("looked at the tokens of programs"),
    "GET /updates": N_("looked at the updates of the seals"),
    "GET /audit": N_("read the audit"),
    "GET /audit/anchors": N_("opened the audit's anchors"),
    "live": N_("kept a page open: {thing}"),
}
_ACTS: Final = {
    "POST /doors/{door_id}/permits": _ANNOUNCED,
    "POST /doors/{door_id}/permits/{ended_id}/end": _UNANNOUNCED,
    "POST /doors/{door_id}/orders/{order_id}/end": _ORDER_ENDED,
    **{
        f"POST {before}/doors/{{door_id}}/{act}": words
        for before in ("", API)
        for act, words in (
            ("orders/{order_id}/hold", _HELD),
            ("holds/{hold_id}/extend", _HELD_LONGER),
            ("holds/{hold_id}/lift", _LIFTED),
        )
    },
    f"POST {API}/doors/{{door_id}}/permits": _ANNOUNCED,
    "POST /commission": N_("looked for a seal or a door"),
    f"POST {API}/areas/{{area_id:path}}/visits": N_("announced work at the seals of {area}"),
    **{
        f"POST {before}/doors/{{door_id}}/{act}": words
        for before in ("", API)
        for act, words in _AT_SEALS.items()
    },
    f"POST {API}/areas/{{area_id:path}}/permits": N_("announced openings for {area}"),
    f"POST {API}/doors/{{door_id}}/permits/{{ended_id}}/end": _UNANNOUNCED,
    f"POST {API}/doors/{{door_id}}/orders/{{order_id}}/end": _ORDER_ENDED,
    "POST /inbox/{warden_id}/pages/{page_id}/received": _SIGNED_FOR,
    f"POST {API}/pages/{{page_id}}/received": _SIGNED_FOR,
    "POST /wardens/{warden_id}/test": _TEST_SENT,
    "menshen test-page": _TEST_SENT,
    **audit_command_words.COMMANDS,
    "POST /handheld/{warden_id}/test": _TEST_SENT,
    f"POST {API}/wardens/{{warden_id}}/test": _TEST_SENT,
    **{f"POST {phone}/{{warden_id}}/tests/{{sent_id}}/pressed": _TEST_GOT for phone in _PHONES},
    f"POST {API}/ringing": N_("let a phone ring"),
    f"POST {API}/ringing/end": N_("let a phone ring no more"),
    f"POST {API}/cases/{{case_id}}/photos": N_("sent a photo with the report of case {case}"),
    **{
        f"POST {before}/{matter.path}/{{{matter.key}}}/{deed.name}": _OF_MATTER[
            matter.path, deed.name
        ]
        for matter in MATTERS
        for deed in matter.deeds
        for before in ("", API, "/handheld/{warden_id}")
    },
    "bulk reading stopped": N_("was stopped after a hundred looks in a minute, at {thing}"),
    **{
        f"POST {before}/cases/{{case_id}}/{action}": _OF_ACTION[action]
        for action in KINDS
        for before in ("", API, "/inbox/{warden_id}", "/handheld/{warden_id}")
    },
}
_SIGN_INS: Final = {
    "signed in": N_("signed in"),
    "signed out": N_("signed out"),
    "password accepted": N_("gave the right password"),
    "sign-in refused": N_("gave a wrong name or password"),
    "code refused": N_("gave a wrong one-time code"),
    "invitation refused": N_("showed an invitation that is over"),
    "passkey accepted": N_("showed a right passkey"),
    "provider accepted": N_("was known to the provider"),
    "provider refused": N_("was refused on the way back from the provider"),
    "proof asked for": _PROVING,
    "proof refused": N_("could not prove who it is"),
    "proved who it is": _PROVED,
    "POST /prove": _PROVED,
    "POST /prove/passkey": _PROVED,
    "POST /prove/passkey/options": _PROVING,
}
_ACCOUNTS: Final = {
    "POST /account/password": _PASSWORD_CHANGED,
    "password changed": _PASSWORD_CHANGED,
    "POST /account/code": _CODE_SET,
    "second factor set up": _CODE_SET,
    "POST /account/code/end": _CODE_ENDED,
    "second factor given up": _CODE_ENDED,
    "POST /account/passkeys/options": _OWN_PASSKEY,
    "POST /account/passkeys": _PASSKEY_ADDED,
    "passkey added": _PASSKEY_ADDED,
    "passkey not added": N_("could not add a passkey"),
    "POST /account/passkeys/{passkey_id}/end": N_("removed a passkey"),
    "POST /account/identity": _LINKED,
    "provider linked": _LINKED,
    "POST /account/identity/end": _UNLINKED,
    "provider unlinked": _UNLINKED,
    "POST /account/phones/end": N_("signed out everywhere else"),
    "POST /account/phones/{session_id}/end": N_("ended a session of their own"),
    "POST /accounts/{name}/invite": _INVITED,
    "POST /accounts/{name}/phones/{session_id}/end": _REVOKED,
    "POST /wardens/{warden_id}/invite": N_("invited a phone of {person}"),
    "POST /wardens/{warden_id}/phones/{session_id}/end": N_("signed a lost phone of {person} out"),
    "POST /tokens/{name}": _TOKEN_MADE,
    **audit_household_words.AT_THE_LINE,
    "POST /updates/start": N_("began to roll a release out to the seals"),
    "POST /updates/stop": N_("stopped the roll-out of a release"),
    "POST /updates/go-on": N_("went on with the roll-out of a release"),
    "POST /updates/end": N_("ended the roll-out of a release"),
    "POST /tokens/{name}/{session_id}/end": _TOKEN_ENDED,
    "token ended": _TOKEN_ENDED,
    "account added": N_("added the account {account}"),
    "account ended": N_("ended the account {account}"),
    "invitation made": _INVITED,
    "password set": N_("set a password for {account}"),
    "token made": _TOKEN_MADE,
    "session revoked": _REVOKED,
}
WORDS: Final[dict[str, Words]] = {
    what: Words(kind, sentence)
    for kind, sentences in (
        (Kind.LOOK, _LOOKS),
        (Kind.ACT, _ACTS),
        (Kind.SIGN_IN, _SIGN_INS),
        (Kind.ACCOUNT, _ACCOUNTS),
    )
    for what, sentence in sentences.items()
}
# By what right it was, or why it was not.
_WHY: Final = {
    "own": N_("their own"),
    "grids": N_("in their grids"),
    "all": N_("all of the site"),
    "paged": N_("they were paged about it"),
    "second factor forgotten": N_("the second factor too"),
}
_CAME_TO: Final = {
    401: N_("refused: it was somebody else's"),
    403: N_("refused: not allowed to them"),
    404: N_("refused: there is no such thing, or it is not theirs"),
    409: N_("refused: not as things stood"),
    422: N_("refused: something that was sent is missing or wrong"),
    429: N_("refused: too often"),
}
_FAILED = N_("failed: the console or the gateway could not do it")
_NOT_DONE = N_("refused")
_COMMAND_LINE = N_("The command line")
_COMMAND_LINE_OF = N_("The command line, as {user}")
_NOT_ALL = N_("not done, or not all of it")
_BEGUN = N_("begun")
_NOBODY = N_("Somebody unknown")
_CASE = N_("case {case}")


class Names(NamedTuple):
    """What people call the things that entries are about; an id that nobody knows is shown."""

    doors: dict[str, str]
    people: dict[str, str]
    accounts: dict[str, str]  # those of persons of the registry


class Told(NamedTuple):
    """An entry as it is read."""

    who: str
    words: str
    why: str
    is_refused: bool


def whats_of(kind: Kind) -> frozenset[str]:
    """What the chain calls the things of a kind."""
    return frozenset(what for what, words in WORDS.items() if words.kind is kind)


def things(about: str) -> dict[str, str]:
    """What a note is about, by kind: `door d1, case x` as a door and a case; a command's own word,
    which names an account, as that."""
    found: dict[str, str] = {}
    for part in filter(None, about.split(", ")):
        kind, _, value = part.partition(" ")
        if kind in found:  # several at once
            value = f"{found[kind]}, {value}"
        found.update({kind: value} if value else {"name": kind})
    return found


def names_in(connection: Connection, entries: Iterable[Entry], wardens_of: dict[str, str]) -> Names:
    """The names for these entries, from a snapshot of the site. `wardens_of`: who in the registry
    the accounts are."""
    about = [things(entry.note.about) for entry in entries]
    door_ids = sorted({one["door"] for one in about if "door" in one})
    doors = {door.door_id: door.label for door in views.doors_of(connection, door_ids)}
    wanted = {one["person"] for one in about if "person" in one} | set(wardens_of.values())
    known = {one: views.warden(connection, one) for one in sorted(wanted)}
    people = {warden_id: one.name for warden_id, one in known.items() if one is not None}
    accounts = {name: people[one] for name, one in wardens_of.items() if one in people}
    return Names(doors, people, accounts)


def told(note: Note, names: Names, language: str) -> Told:
    """A note in the words of a language."""
    words = WORDS.get(note.what)
    places = _places(things(note.about), names, lambda text: say(text, language))
    if words is None:  # nothing is hidden
        sentence = " · ".join(filter(None, (note.what, note.about)))
    else:
        sentence = say(words.sentence, language).format(**places)
    is_refused = note.why == REFUSED or note.status >= 400
    return Told(_who(note, names, language), sentence, _why(note, language), is_refused)


def _who(note: Note, names: Names, language: str) -> str:
    if not note.account:
        return say(_NOBODY, language)
    if note.account.startswith("("):  # no account: a user of the operating system
        user = note.account.partition(") ")[2]
        words = _COMMAND_LINE_OF if user else _COMMAND_LINE
        return say(words, language).format(user=user)
    name = names.accounts.get(note.account)
    return f"{name} ({note.account})" if name and name != note.account else note.account


def _why(note: Note, language: str) -> str:
    if note.status == audit_status.BEGUN:
        return " · ".join(filter(None, (note.why, say(_BEGUN, language))))
    if note.status >= 400 and note.account.startswith("("):
        return " · ".join(filter(None, (note.why, say(_NOT_ALL, language))))
    if note.status >= 400 or note.why == REFUSED:
        ours = _FAILED if note.status >= 500 else _CAME_TO.get(note.status, _NOT_DONE)
        return say(ours, language)
    return say(_WHY[note.why], language) if note.why in _WHY else note.why


def _places(about: dict[str, str], names: Names, word: Callable[[str], str]) -> dict[str, str]:
    door, person, name = (about.get(one, "–") for one in ("door", "person", "name"))
    case = case_number(about["case"]) if "case" in about else "–"
    filled = {
        "door": names.doors.get(door, door),
        "person": names.people.get(person, person),
        "case": case,
        "area": about.get("area", "–"),
        "seal": about.get("seal", "–"),
        "account": names.accounts.get(name, name),
    }
    kind = next((kind for kind in ("case", "door", "person", "area") if kind in about), "")
    others = ", ".join(about.values()) or "–"
    thing = word(_CASE).format(case=case) if kind == "case" else filled.get(kind, others)
    return filled | {"thing": thing}
