"""What whoever may sends to each address at which something is done, so that it is done."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gateway.accounts.tables import sessions
from gateway.core.cases.transitions import Action
from gateway.language import times
from gateway.store import tables, views
from gateway.store.ending_tables import holds
from gateway.web.answers import API
from gateway.web.matters import MATTERS, Deed
from tests.photos.made_photo import made_photo
from tests.web.signed_in import Site
from tests.web.web_site import HOUR_MS, first_case, now_ms, seal_id, slot

LOST: Final = "lost"
OFFERED: Final = "0123456789abcdef"  # the id that a page gave its forms
WAYS: Final = ("/handheld/{warden_id}", API, "")
UTC: Final = ZoneInfo("UTC")
HOME: Final = "a household"
PHOTO: Final = made_photo((64, 64))
_SPAN: Final = {"from_ms": now_ms() + HOUR_MS, "to_ms": now_ms() + 2 * HOUR_MS, "who": "Li"}


class Act(NamedTuple):
    """Who sends what to an address. `of`: what its parts are called in this site."""

    who: str
    path: str
    more: Callable[[Site], dict[str, Any]] = lambda _: {}
    of: Callable[[Site], dict[str, str]] = lambda _: {}


def form(**fields: Any) -> Callable[[Site], dict[str, Any]]:
    return lambda _: {"data": {"offered": OFFERED, **fields}}


def body(**fields: Any) -> Callable[[Site], dict[str, Any]]:
    return lambda _: {"json": fields}


def _sent(way: str, number: str, fields: dict[str, Any]) -> Callable[[Site], dict[str, Any]]:
    """Under an id of its own, as a phone or a page gives it."""
    said = {"action_id": f"{way.strip('/')[:3]}.{number}", **fields}
    return body(**said) if way == API else lambda _: {"data": said}


def _of_cases() -> list[Act]:
    fields: dict[Action, dict[str, Any]] = {
        Action.REPORT: {"outcome": "lawful"},
        Action.HAND_OVER: {"to": "deng"},
        Action.PROVE: {"code": "1234567890"},
    }
    hers = (
        *(Action.ACKNOWLEDGE, Action.ON_THE_WAY, Action.ON_SITE, Action.PROVE),
        *(Action.REPORT, Action.TAKE_BACK, Action.HAND_OVER),
    )
    found = []
    for way in (*WAYS, "/inbox/{warden_id}"):
        shelf = {"until_ms": now_ms() + HOUR_MS} if way == API else {"hours": 1}
        fields[Action.SHELVE] = {"why": "rain", **shelf}
        steps = [
            *(("wang", action) for action in hers),
            ("cai", Action.SHELVE),
            *(("wang", action) for action in (Action.ACKNOWLEDGE, Action.REPORT)),
            *(("cai", action) for action in (Action.ASSESS, Action.SIGN_OFF, Action.TAKE_BACK)),
        ]
        found += [
            Act(
                who,
                f"{way}/cases/{{case_id}}/{action}",
                _sent(way, f"{number}", fields.get(action, {})),
            )
            for number, (who, action) in enumerate(steps)
        ]
    return found


def _of_matters() -> list[Act]:
    """By each way its own request and dispute; there is one question."""
    fields: dict[str, dict[str, Any]] = {
        "decline": {"why": "none left"},
        "answer": {"is_upheld": True, "words": "it was rain"},
        "end": {"outcome": "well"},
    }
    found = []
    for number, way in enumerate(WAYS):
        for matter in MATTERS:
            of = {
                "request_id": f"request-{way_of(number)}",
                "dispute_id": f"dispute-{way_of(number)}",
            }
            who = "cai" if matter.path == "disputes" else "wang"
            found += [
                Act(
                    who,
                    f"{way}/{matter.path}/{{{matter.key}}}/{deed.name}",
                    _sent(way, f"{matter.path}.{deed.name}", fields.get(deed.name, {})),
                    lambda _, of=of: of,
                )
                for deed in (matter.deeds if way != API else _other_order(matter.deeds))
            ]
    return found


def _other_order(deeds: tuple[Deed, ...]) -> tuple[Deed, ...]:
    """Of a request: taken, left and declined before the rest."""
    return (*deeds[:1], *deeds[4:], *deeds[1:4])


def way_of(number: int) -> str:
    """What a request or dispute is called that is answered by one of `WAYS`."""
    return f"way-{number}"


def _hold(site: Site) -> dict[str, str]:
    with site.store.reading() as connection:
        query = select(holds.c.hold_id).where(holds.c.ended_ms.is_(None)).order_by(holds.c.made_ms)
        found = connection.execute(query).scalars().all()
    return {"hold_id": found[-1] if found else "0" * 16}


def _visit(site: Site) -> dict[str, str]:
    """The latest that was announced at the door."""
    with site.store.reading() as connection:
        (row,) = views.doors_of(connection, ["d0"])
    return {"visit_id": row.state.visits[-1].visit_id if row.state.visits else "0" * 16}


def _page(site: Site) -> dict[str, str]:
    o = tables.outbox.c
    with site.store.reading() as connection:
        query = select(o.page_id).where(o.warden_id == "wang", o.case_id == first_case(0))
        return {"page_id": str(connection.execute(query.order_by(o.entry_id)).scalars().first())}


def _test(site: Site) -> dict[str, str]:
    o = tables.outbox.c
    with site.store.reading() as connection:
        query = select(o.page_id).where(o.warden_id == "wang", o.reason == "test_page")
        return {"sent_id": str(connection.execute(query.order_by(o.entry_id)).scalars().first())}


def _phone(site: Site) -> dict[str, str]:
    """A phone of Wang's that nobody uses any more."""
    s = sessions.c
    with site.accounts.reading() as connection:
        its = s.account_id == site.account("wang").account_id, s.phone == LOST
        found = connection.execute(select(s.session_id).where(*its)).scalars().first()
    return {"session_id": str(found), "name": "wang", "warden_id": "wang"}


def _said(way: str, **fields: Any) -> Callable[[Site], dict[str, Any]]:
    return body(**fields) if way else form(**fields)


def _later(until: dict[str, Any]) -> dict[str, Any]:
    day_ms = 24 * HOUR_MS
    if "until_ms" in until:
        return {"until_ms": until["until_ms"] + day_ms}
    return {"until": times.day_field(now_ms() + 2 * day_ms, UTC)}


_DAY: Final = times.day_field(now_ms() + 24 * HOUR_MS, UTC)
_AT_HOME: Final[dict[str, dict[str, Any]]] = {
    "announce/now": {},
    "announce/once": {**slot(now_ms() + 12 * HOUR_MS, UTC), "lasts": "30"},
    "announce/daily": {"minute": "690", "lasts": "60"},
    "announce/end": {"permit_id": "hh-none"},
    "ask": {"kind": "food"},
    "ask/withdraw": {"request_id": "request-0"},
    "well": {"is_well": "true"},
    "seal": {"door": "1", "answer": "in_place"},
    "dispute": {"record": "case", "record_id": first_case(0), "words": "no"},
    "quiet": {"from_min": "600", "to_min": "660"},
    "consent/give": {},
    "consent/withdraw": {},
}
_WHEN: Final = {
    "from": times.field(now_ms() + HOUR_MS, UTC),
    "to": times.field(now_ms() + 2 * HOUR_MS, UTC),
}
ACTS: Final = (
    *_of_cases(),
    *_of_matters(),
    Act("wang", "/api/v1/cases/{case_id}/photos?report=r&number=1", lambda _: {"content": PHOTO}),
    Act("wang", "/doors/{door_id}/permits", form(**_WHEN, who="Li", why="meal")),
    Act("wang", "/api/v1/doors/{door_id}/permits", body(**_SPAN, why="test")),
    *(Act("wang", f"{way}/doors/{{door_id}}/permits/{{ended_id}}/end") for way in ("", API)),
    Act("desk", "/api/v1/areas/{area_id:path}/permits", body(**_SPAN, why="rubbish", late="leave")),
    *(
        Act("desk", f"{way}/doors/{{door_id}}/{act}", send, _hold)
        for way, until in (("", {"until": _DAY}), (API, {"until_ms": now_ms() + HOUR_MS}))
        for act, send in (
            ("orders/{order_id}/hold", _said(way, **until, why="a complaint")),
            ("holds/{hold_id}/extend", _said(way, **_later(until), why="it goes on")),
            ("holds/{hold_id}/lift", _said(way)),
        )
    ),
    *(
        Act("wang", f"/doors/{{door_id}}/household/{act}", form(**fields))
        for act, fields in _AT_HOME.items()
    ),
    *(Act(HOME, f"/r/{act}", form(**fields)) for act, fields in _AT_HOME.items()),
    Act("inst", "/commission", form(code=seal_id(0))),
    *(
        Act("inst", f"{way}/doors/{{door_id}}/{act}", send, _visit)
        for way in ("", API)
        for act, send in (
            ("walk-test", _said(way)),
            ("walk-test/end", _said(way)),
            ("visits", _said(way, **(_SPAN if way else {"who": "Li", "minutes": "30"}))),
            ("visits/{visit_id}/end", _said(way)),
        )
    ),
    Act("inst", "/api/v1/areas/{area_id:path}/visits", body(**{**_SPAN, "who": "Zhao"})),
    Act("inst", "/doors/{door_id}/walk-test/sheet", form()),
    Act("wang", "/doors/{door_id}/household/sheet", form()),
    Act("desk", "/wardens/{warden_id}/test", form()),
    *(
        Act("wang", f"/{phone}/{{warden_id}}/tests/{{sent_id}}/pressed", of=_test)
        for phone in ("inbox", "handheld")
    ),
    Act("wang", "/inbox/{warden_id}/pages/{page_id}/received", of=_page),
    Act("wang", "/api/v1/pages/{page_id}/received", of=_page),
    Act("wang", "/api/v1/ringing/end"),
    Act("adm", "/accounts/{name}/invite", form()),
    Act("adm", "/wardens/{warden_id}/invite", form()),
    Act("adm", "/tokens/{name}", form(scope="doors:read"), lambda _: {"name": "robot"}),
    Act("adm", "/accounts/{name}/phones/{session_id}/end", of=_phone),
    Act("cai", "/wardens/{warden_id}/phones/{session_id}/end", of=_phone),
    *(Act("eng", f"/updates/{act}", form(number="7")) for act in ("start", "stop", "go-on", "end")),
    *(Act("desk", f"{way}/doors/{{door_id}}/orders/{{order_id}}/end") for way in ("", API)),
)
# Whatever is done there is done of one session, or a neighbour is needed that other tests have.
ELSEWHERE: Final[dict[str, str]] = {
    "/cases/{case_id}/actor": "closed where people sign in",
    "/handheld/{warden_id}/sign_out": "ends the session that would press again",
    "/sign-out": "likewise",
    "/r/leave": "likewise",
    "/account/password": "likewise: it gets another token",
    "/account/code": "likewise",
    "/prove": "likewise",
    "/sign-in": "no act: a session each (tests/accounts/test_sessions.py has their limit)",
    "/r": "likewise (tests/web/test_resident_attacks.py)",
    "/sign-in/code": "tests/web/test_shown_once.py",
    "/invitation/{token}": "tests/web/test_shown_once.py",
    "/sms/in": "tests/web/test_resident_texts.py: a message has an id",
    "/api/v1/ringing": "tests/web/test_ringing.py: a browser's endpoint is one row",
    "/api/v1/wardens/{warden_id}/test": "a program that asks twice wants two tests; three a minute",
    "/handheld/{warden_id}/test": "likewise, and the page is the same for all who have it open",
    **dict.fromkeys(
        (
            *("/sign-in/passkey", "/sign-in/passkey/options", "/prove/passkey"),
            *("/prove/passkey/options", "/account/passkeys", "/account/passkeys/options"),
            "/account/passkeys/{passkey_id}/end",
        ),
        "tests/web/test_passkeys.py: a challenge is spent once",
    ),
    **dict.fromkeys(("/account/identity", "/account/identity/end"), "tests/web/test_provider.py"),
    **dict.fromkeys(
        (
            *("/account/code/end", "/account/phones/end", "/account/phones/{session_id}/end"),
            "/tokens/{name}/{session_id}/end",
        ),
        "likewise, as the phones of others: tests/web/test_sign_in_pages.py",
    ),
}
