"""The rule of every address: which right it needs, and who it is open to, at a site with accounts.

`RULES` is the whole list, by method and pattern of address. `access.py` holds every request to it.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from gateway.accounts.roles import Right
from gateway.core.cases.transitions import Action
from gateway.web.actions import KINDS
from gateway.web.answers import API, METRICS
from gateway.web.matters import DISPUTES, MATTERS, QUESTIONS, REQUESTS, Matter


class Thing(StrEnum):
    """What a right is about, as the audit names it."""

    LIST = "list"  # cut to what one may see
    DOOR = "door"
    CASE = "case"
    PERSON = "person"
    AREA = "area"
    REQUEST = "request"
    DISPUTE = "dispute"
    QUESTION = "question"


class Need(NamedTuple):
    """A right, and the thing in the address that it must reach."""

    right: Right
    thing: Thing = Thing.LIST


class Rule(NamedTuple):
    """What an address wants of whoever opens it."""

    needs: tuple[Need, ...] = ()  # all of them
    is_public: bool = False  # also for whoever is not signed in, or not quite
    is_closed: bool = False  # for nobody, at a site with accounts
    is_noted: bool = True  # its looks are in the audit


PUBLIC: Final = Rule(is_public=True)
SIGNED_IN: Final = Rule(is_noted=False)  # what is in it checks by itself, or names nobody
CLOSED: Final = Rule(is_closed=True)
PARAMETERS: Final = {
    Thing.DOOR: "door_id",
    Thing.CASE: "case_id",
    Thing.PERSON: "warden_id",
    Thing.AREA: "area_id",
    Thing.REQUEST: REQUESTS.key,
    Thing.DISPUTE: DISPUTES.key,
    Thing.QUESTION: QUESTIONS.key,
}
# What else in an address is a household's, by the word that the audit seals it under.
CALLED: Final = {"order_id": "order", "ended_id": "permit"}
_OF_ACTION: Final = {
    Action.ASSESS: Right.REVIEW,
    Action.SIGN_OFF: Right.REVIEW,
    Action.SHELVE: Right.SHELVE,
}


def right_of(action: Action) -> Right:
    """The right that an action on a case needs."""
    return _OF_ACTION.get(action, Right.ANSWER)


def _of_matter(matter: Matter) -> Need:
    """The right that a deed about a household's matter needs."""
    right = Right.DISPUTES if matter is DISPUTES else Right.SERVE
    return Need(right, next(thing for thing, key in PARAMETERS.items() if key == matter.key))


def _needs(right: Right, thing: Thing = Thing.LIST) -> Rule:
    return Rule((Need(right, thing),))


HOUSEHOLD: Final = {  # below /r
    "GET": (
        *("", "/home", "/announce", "/openings", "/looks", "/file", "/consent", "/notice"),
        *("/ask", "/dispute", "/well", "/quiet"),
    ),
    "POST": (
        *("", "/leave", "/consent/give", "/consent/withdraw"),
        *("/ask", "/ask/withdraw", "/dispute", "/well", "/seal", "/quiet"),
        *(f"/announce/{act}" for act in ("now", "once", "daily", "end")),
    ),
}
_INBOX: Final = Need(Right.INBOX, Thing.PERSON)
_PHONES: Final = (("/inbox/{warden_id}", (_INBOX,)), ("/handheld/{warden_id}", (_INBOX,)))
RULES: Final[dict[tuple[str, str], Rule]] = {
    ("GET", "/"): _needs(Right.DOORS),
    ("GET", "/doors/{door_id}"): _needs(Right.DOORS, Thing.DOOR),
    ("POST", "/doors/{door_id}/permits"): _needs(Right.ANNOUNCE, Thing.DOOR),
    ("POST", "/doors/{door_id}/permits/{ended_id}/end"): _needs(Right.ANNOUNCE, Thing.DOOR),
    ("POST", "/doors/{door_id}/orders/{order_id}/end"): _needs(Right.END_ORDER, Thing.DOOR),
    **{("GET", f"{before}/holds"): _needs(Right.HOLDS) for before in ("", API)},
    **{
        ("GET", f"{before}/doors/{{door_id}}/holds"): _needs(Right.HOLDS, Thing.DOOR)
        for before in ("", API)
    },
    **{
        ("POST", f"{before}/doors/{{door_id}}/{act}"): _needs(Right.HOLD, Thing.DOOR)
        for before in ("", API)
        for act in ("orders/{order_id}/hold", "holds/{hold_id}/extend", "holds/{hold_id}/lift")
    },
    ("GET", "/commission"): _needs(Right.COMMISSION),
    ("POST", "/commission"): _needs(Right.COMMISSION),  # it finds a door, and does nothing
    ("GET", "/doors/{door_id}/certificate"): _needs(Right.DOORS, Thing.DOOR),
    ("GET", "/doors/{door_id}/certificate/file"): _needs(Right.DOORS, Thing.DOOR),
    ("GET", "/doors/{door_id}/walk-test"): _needs(Right.COMMISSION, Thing.DOOR),
    ("GET", f"{API}/doors/{{door_id}}/walk-test"): _needs(Right.COMMISSION, Thing.DOOR),
    ("GET", "/doors/{door_id}/household"): _needs(Right.ANNOUNCE, Thing.DOOR),
    **{
        ("POST", f"/doors/{{door_id}}/household/{act}"): _needs(Right.ANNOUNCE, Thing.DOOR)
        for act in (
            *(f"announce/{when}" for when in ("now", "once", "daily", "end")),
            *("ask", "ask/withdraw", "well", "seal", "dispute", "quiet", "sheet"),
            *("consent/give", "consent/withdraw"),
        )
    },
    ("POST", "/doors/{door_id}/walk-test/sheet"): _needs(Right.COMMISSION, Thing.DOOR),
    ("POST", f"{API}/areas/{{area_id:path}}/visits"): _needs(Right.COMMISSION, Thing.AREA),
    **{
        ("POST", f"{before}/doors/{{door_id}}/{act}"): _needs(Right.COMMISSION, Thing.DOOR)
        for before in ("", API)
        for act in ("walk-test", "walk-test/end", "visits", "visits/{visit_id}/end")
    },
    ("GET", "/cases"): _needs(Right.CASES),
    ("GET", "/cases/{case_id}"): _needs(Right.CASES, Thing.CASE),
    ("GET", "/cases/{case_id}/photos/{photo_id}"): _needs(Right.CASES, Thing.CASE),
    ("POST", "/cases/{case_id}/actor"): CLOSED,  # who works at a screen is who signed in there
    ("GET", "/pages/{code}"): _needs(Right.CASES),
    ("GET", "/c/{number}"): _needs(Right.CASES),
    ("GET", "/seals/{seal_id}"): _needs(Right.DOORS),  # cut to the doors that one may see
    ("GET", "/wardens"): _needs(Right.PEOPLE),
    ("GET", "/wardens/{warden_id}"): _needs(Right.PEOPLE, Thing.PERSON),
    ("POST", "/wardens/{warden_id}/test"): _needs(Right.TEST_PAGE, Thing.PERSON),
    ("POST", "/wardens/{warden_id}/invite"): _needs(Right.PHONES_OF_OTHERS, Thing.PERSON),
    ("POST", "/wardens/{warden_id}/phones/{session_id}/end"): _needs(
        Right.LOST_PHONE, Thing.PERSON
    ),
    ("GET", "/inbox/{warden_id}"): Rule((_INBOX,)),
    ("POST", "/inbox/{warden_id}/pages/{page_id}/received"): Rule((_INBOX,)),
    ("GET", "/handheld/sw.js"): PUBLIC,  # what is the same for everybody, and names nobody
    ("GET", "/handheld/offline"): PUBLIC,
    ("GET", "/handheld/signed_out"): PUBLIC,
    ("GET", "/handheld/{warden_id}/manifest.webmanifest"): PUBLIC,
    ("POST", "/handheld/{warden_id}/sign_out"): PUBLIC,  # of whoever is signed in
    ("GET", "/handheld/{warden_id}"): Rule((_INBOX,)),
    ("GET", "/handheld/{warden_id}/further"): Rule((_INBOX,)),
    ("GET", "/handheld/{warden_id}/cases/{case_id}"): Rule((_INBOX, Need(Right.CASES, Thing.CASE))),
    ("GET", "/handheld/{warden_id}/tasks"): Rule((_INBOX,), is_noted=False),  # its pages' digests
    ("POST", "/handheld/{warden_id}/test"): Rule((_INBOX, Need(Right.TEST_PAGE, Thing.PERSON))),
    **{
        (method, f"{phone}/tests/{{sent_id}}{act}"): Rule(needs)
        for phone, needs in _PHONES
        for method, act in (("GET", ""), ("POST", "/pressed"))
    },
    ("GET", "/api/v1/ringing"): Rule((Need(Right.INBOX),), is_noted=False),  # of one's own phone
    ("POST", "/api/v1/ringing"): _needs(Right.INBOX),
    ("POST", "/api/v1/ringing/end"): _needs(Right.INBOX),
    ("GET", "/api/v1/pages/{page_id}/notification"): _needs(Right.INBOX),  # of one's own pages
    ("GET", "/health"): _needs(Right.HEALTH),
    ("GET", "/health/figures"): Rule((Need(Right.HEALTH),), is_noted=False),
    ("GET", METRICS): Rule((Need(Right.METRICS),), is_noted=False),  # it names nobody
    ("GET", "/history"): _needs(Right.HEALTH),
    ("GET", "/updates"): _needs(Right.UPDATES),
    **{
        ("POST", f"/updates/{act}"): _needs(Right.UPDATES)
        for act in ("start", "stop", "go-on", "end")
    },
    ("GET", "/stream"): SIGNED_IN,
    ("GET", "/api/v1/doors"): _needs(Right.DOORS),
    ("GET", "/api/v1/cases"): _needs(Right.CASES),
    ("GET", "/api/v1/health"): _needs(Right.HEALTH),
    ("GET", "/api/v1/cases/{case_id}/contacts"): _needs(Right.CASES, Thing.CASE),
    ("GET", "/api/v1/cases/{case_id}/deliveries"): _needs(Right.CASES, Thing.CASE),
    ("POST", "/api/v1/cases/{case_id}/photos"): _needs(Right.ANSWER, Thing.CASE),
    ("GET", "/api/v1/wardens/{warden_id}/pages"): Rule((_INBOX,)),
    ("GET", "/api/v1/wardens/{warden_id}/unsigned"): Rule((_INBOX,), is_noted=False),
    ("GET", "/api/v1/wardens/{warden_id}/test"): _needs(Right.TEST_PAGE, Thing.PERSON),
    ("POST", "/api/v1/wardens/{warden_id}/test"): _needs(Right.TEST_PAGE, Thing.PERSON),
    ("GET", "/api/v1/openapi.json"): SIGNED_IN,
    ("POST", "/api/v1/pages/{page_id}/received"): _needs(Right.INBOX),
    ("POST", "/api/v1/doors/{door_id}/permits"): _needs(Right.ANNOUNCE, Thing.DOOR),
    ("POST", "/api/v1/areas/{area_id:path}/permits"): _needs(Right.ANNOUNCE, Thing.AREA),
    ("POST", "/api/v1/doors/{door_id}/permits/{ended_id}/end"): _needs(Right.ANNOUNCE, Thing.DOOR),
    ("POST", "/api/v1/doors/{door_id}/orders/{order_id}/end"): _needs(Right.END_ORDER, Thing.DOOR),
    **{
        ("POST", f"{before}/cases/{{case_id}}/{action}"): Rule(
            (*also, Need(right_of(action), Thing.CASE))
        )
        for action in KINDS
        for before, also in (("", ()), (API, ()), *_PHONES)
    },
    # A household's page: its code opens it, and its session says whose it is (web/resident).
    **{(method, f"/r{path}"): PUBLIC for method, paths in HOUSEHOLD.items() for path in paths},
    ("POST", "/sms/in"): PUBLIC,  # it is signed
    ("GET", "/requests"): _needs(Right.REQUESTS),
    ("GET", f"{API}/requests"): _needs(Right.REQUESTS),
    ("GET", f"{API}/requests/counts"): _needs(Right.REQUESTS),
    ("GET", "/handheld/{warden_id}/requests"): Rule((_INBOX, Need(Right.REQUESTS))),
    **{
        ("POST", f"{before}/{matter.path}/{{{matter.key}}}/{deed.name}"): Rule(
            (*also, _of_matter(matter))
        )
        for matter in MATTERS
        for deed in matter.deeds
        for before, also in (("", ()), (API, ()), _PHONES[1])
    },
    ("GET", "/trust"): PUBLIC,  # a phone must trust us before it can sign in
    ("GET", "/trust/ca.crt"): PUBLIC,
    ("GET", "/sign-in"): PUBLIC,
    ("POST", "/sign-in"): PUBLIC,
    ("GET", "/sign-in/code"): PUBLIC,
    ("POST", "/sign-in/code"): PUBLIC,
    ("POST", "/sign-in/passkey/options"): PUBLIC,
    ("POST", "/sign-in/passkey"): PUBLIC,
    ("GET", "/sign-in/oidc"): PUBLIC,
    ("GET", "/sign-in/oidc/callback"): PUBLIC,
    ("POST", "/sign-out"): PUBLIC,
    ("GET", "/invitation/{token}"): PUBLIC,
    ("POST", "/invitation/{token}"): PUBLIC,
    ("GET", "/account"): _needs(Right.OWN_PHONES),
    ("POST", "/account/phones/{session_id}/end"): _needs(Right.OWN_PHONES),
    ("POST", "/account/phones/end"): _needs(Right.OWN_PHONES),
    ("GET", "/account/password"): _needs(Right.OWN_PHONES),
    ("POST", "/account/password"): _needs(Right.OWN_PHONES),
    ("GET", "/account/code"): _needs(Right.OWN_PHONES),
    ("POST", "/account/code"): _needs(Right.OWN_PHONES),
    ("POST", "/account/code/end"): _needs(Right.OWN_PHONES),
    ("GET", "/account/passkeys/new"): _needs(Right.OWN_PHONES),
    ("POST", "/account/passkeys/options"): _needs(Right.OWN_PHONES),
    ("POST", "/account/passkeys"): _needs(Right.OWN_PHONES),
    ("POST", "/account/passkeys/{passkey_id}/end"): _needs(Right.OWN_PHONES),
    ("POST", "/prove/passkey/options"): _needs(Right.OWN_PHONES),
    ("POST", "/prove/passkey"): _needs(Right.OWN_PHONES),
    ("POST", "/account/identity"): _needs(Right.OWN_PHONES),
    ("POST", "/account/identity/end"): _needs(Right.OWN_PHONES),
    ("GET", "/prove/oidc"): _needs(Right.OWN_PHONES),
    ("GET", "/prove"): _needs(Right.OWN_PHONES),
    ("POST", "/prove"): _needs(Right.OWN_PHONES),
    ("GET", "/prove/act"): _needs(Right.OWN_PHONES),
    ("GET", "/accounts"): _needs(Right.PHONES_OF_OTHERS),
    ("POST", "/accounts/{name}/invite"): _needs(Right.PHONES_OF_OTHERS),
    ("POST", "/accounts/{name}/phones/{session_id}/end"): _needs(Right.PHONES_OF_OTHERS),
    ("GET", "/tokens"): _needs(Right.PHONES_OF_OTHERS),
    ("POST", "/tokens/{name}"): _needs(Right.PHONES_OF_OTHERS),
    ("POST", "/tokens/{name}/{session_id}/end"): _needs(Right.PHONES_OF_OTHERS),
    ("GET", "/audit"): _needs(Right.AUDIT),
    ("GET", "/audit/anchors"): _needs(Right.AUDIT),
}
