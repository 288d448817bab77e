"""How a release comes to the seals: how far each is; a roll-out started, stopped, gone on with."""

from collections import Counter
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.engine.ports import Committed
from gateway.language.catalogue import N_
from gateway.updates import kept, progress_words, rollout
from gateway.updates.kept import OlderError, RefusedError
from gateway.updates.rollout import AT_ONCE_MAX, Plan, RolloutState, SealState
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.live_view import Fragment, LiveView
from gateway.web.security import prefix
from gateway.web.visitors import visitor

SEALS_MAX: Final = 100  # on one page: what failed first
BEGIN_MAX: Final = 100_000
ACTS: Final = {
    "stop": RolloutState.STOPPED,
    "go-on": RolloutState.RUNNING,
    "end": RolloutState.ENDED,
}
STATE_WORDS: Final = {
    RolloutState.RUNNING: N_("under way"),
    RolloutState.STOPPED: N_("stopped"),
    RolloutState.DONE: N_("done"),
    RolloutState.ENDED: N_("ended by a person"),
}
STAGE_WORDS: Final = (N_("canary"), N_("a share"), N_("all"))
_NO_RELEASE = N_("There is no release of this number. “menshen update add FILE” brings one.")
_NO_SEAL = N_("There is no seal of this id.")
_OLDER = N_(
    "{newer} of {seals} seals run a newer release, and no seal takes an older one. Build the older "
    "program under a higher number; or, for the other seals alone, tick the box in the form."
)
_NOT_NOW = N_("That cannot be done as the roll-out stands now.")


class Updates(LiveView):
    """How far the newest roll-out is; of its seals those from a place on."""

    def __init__(self, begin: int = 0) -> None:
        super().__init__()
        self._begin = begin
        self._read: tuple[tuple[int, ...], dict[str, Any]] | None = None

    @classmethod
    def named(cls, begin: str) -> "Updates":
        """That of a place in an address; from the first on if it is none."""
        is_place = begin.isascii() and begin.isdigit() and len(begin) <= len(str(BEGIN_MAX))
        return cls(int(begin) if is_place else 0)

    def affected_by(self, news: Committed) -> bool:
        """A roll-out is written beside the commits: each of them is an occasion to look."""
        return True

    def fragments(
        self, connection: Connection, news: Committed | None, now_ms: int
    ) -> list[Fragment]:
        """The roll-out, or that there is none."""
        mark = kept.fingerprint(connection)
        if self._read is None or self._read[0] != mark:
            self._read = mark, _gathered(connection, self._begin)
        return [Fragment("rollout", "parts/rollout.html", "live", self._read[1], key=mark)]


def routes(context: WebContext) -> APIRouter:
    """GET /updates; POST /updates/start, …/stop, …/go-on and …/end."""
    router = APIRouter()

    @router.get("/updates")
    async def page(
        request: Request, begin: Annotated[int, Query(ge=0, le=BEGIN_MAX)] = 0
    ) -> Response:
        view, now_ms = Updates(begin), context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            (live,) = view.changed(connection, None, now_ms)
            is_somebody = visitor(request) is not None
            return {"live": live.shows, "seen": view.digest(), "is_somebody": is_somebody}

        return await context.page(request, "updates.html", gather)

    @router.post("/updates/start")
    async def start(
        request: Request,
        number: Annotated[int, Form(ge=1)],
        canary: Annotated[str, Form(max_length=16)] = "",
        at_once: Annotated[int, Form(ge=1, le=AT_ONCE_MAX)] = Plan().at_once,
        older: Annotated[bool, Form()] = False,
    ) -> Response:
        _somebody(request)
        now_ms = context.now_ms()

        def begin(connection: Connection) -> None:
            _begin(connection, number, canary.strip().lower(), at_once, now_ms, older)

        await _write(context, begin)
        return RedirectResponse(f"{prefix(request)}/updates", 303)

    for act, to in ACTS.items():
        _turns(router, context, act, to)
    return router


def _turns(router: APIRouter, context: WebContext, act: str, to: RolloutState) -> None:
    @router.post(f"/updates/{act}")
    async def turn(request: Request) -> Response:
        _somebody(request)
        now_ms = context.now_ms()

        def change(connection: Connection) -> None:
            newest = kept.newest(connection)
            if newest is not None and newest[1] is to:
                return  # pressed twice
            if newest is None or not kept.turn(connection, newest[0], to, now_ms):
                raise HttpProblem(409, _NOT_NOW)

        await _write(context, change)
        return RedirectResponse(f"{prefix(request)}/updates", 303)


async def _write(context: WebContext, change: Any) -> None:
    """In one transaction; the gateway looks at it within seconds."""

    def on_thread() -> None:
        with context.store.writing() as connection:
            change(connection)

    await anyio.to_thread.run_sync(on_thread)


def _begin(
    connection: Connection, number: int, canary: str, at_once: int, now_ms: int, may_be_older: bool
) -> None:
    chosen = [one for one in kept.kept(connection) if one.counter == number]
    if not chosen:
        raise HttpProblem(422, _NO_RELEASE)
    seals = kept.seals_in_use(connection)
    if not seals or (canary and canary not in seals):
        raise HttpProblem(422, _NO_SEAL)
    plan = Plan(at_once)
    stages = rollout.stages(seals, [canary] if canary else [], plan.share_percent)
    before = kept.overview(connection)
    if before is not None and (before.state, before.counter) == (RolloutState.RUNNING, number):
        known = {seal_id: one.stage for seal_id, one in before.seals.items()}
        if known == stages:
            return  # pressed twice
    try:
        release_id = chosen[0].release_id
        kept.start(connection, release_id, plan, stages, now_ms, may_be_older=may_be_older)
    except OlderError as error:
        raise HttpProblem(409, _OLDER, newer=error.newer, seals=error.seals) from error
    except RefusedError as error:
        raise HttpProblem(409, _NOT_NOW) from error


def _gathered(connection: Connection, begin: int) -> dict[str, Any]:
    newest = kept.overview(connection)
    seals = [] if newest is None else sorted(newest.seals.items(), key=_most_urgent)
    part = seals[begin : begin + SEALS_MAX]
    counts = Counter(progress_words.state_word(progress) for _, progress in seals)
    return {
        "doors": kept.doors_of(connection, [seal_id for seal_id, _ in part]),
        "rollout": newest,
        "seals": [
            (seal_id, one, progress_words.state_word(one), progress_words.reason_words(one))
            for seal_id, one in part
        ],
        "is_by_canary": newest is not None and newest.why == rollout.CANARY_FAILED,
        "begin": begin,
        "count": len(seals),
        "counts": [(word, counts[word]) for word in progress_words.ALL],
        "releases": kept.kept(connection),
        "state_words": STATE_WORDS,
        "stage_words": STAGE_WORDS,
        "at_once": Plan().at_once,
        "at_once_max": AT_ONCE_MAX,
    }


def _most_urgent(seal: tuple[str, rollout.Progress]) -> tuple[int, int, str]:
    """Failures first, then what is at it, then as they come."""
    order = (SealState.FAILED, SealState.TRYING, SealState.PULLING)
    state = seal[1].state
    place = order.index(state) if state in order else len(order)
    return place, seal[1].stage, seal[0]


def _somebody(request: Request) -> None:
    """HttpProblem at a site without accounts: there the command line does it, as the page says."""
    if visitor(request) is None:
        raise HttpProblem(404, NOT_FOUND)
