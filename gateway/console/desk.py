"""What every page needs at hand: settings, store, heart, clock, templates, language.

The console lives in the gateway's event loop. Reading and drawing are done on a thread, one at a
time, so that a big page never delays a warden's page.
"""

import asyncio
import secrets
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode

import anyio
import jinja2
from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.beat import Answer
from gateway.console import clock, closed_loop, language, recurring, shown
from gateway.console.rim import prefix
from gateway.core.actor import CENTRE
from gateway.core.events import Event
from gateway.core.reason import Reason
from gateway.core.subject import Subject
from gateway.loop import Heart
from gateway.notify import wording
from gateway.notify.catalogue import LOCALES, N_, say, translations
from gateway.settings import Settings
from gateway.store.engine import Store

READERS_MAX: Final = 1  # threads that read and draw; more would only take turns with the loop
SUBMIT_S: Final = 10.0  # how long a person waits for the commit before being told
TEMPLATES: Final = Path(__file__).parent / "templates"

T = TypeVar("T")
Before = Annotated[int | None, Query(ge=0, le=2**53)]  # ms; older than this is asked for

_NOT_STORED = N_("The gateway cannot store this now. It keeps trying; look again in a minute.")
NOT_FOUND = N_("There is nothing under this address.")


class Trouble(Exception):
    """What a person is told instead of the page: an HTTP status and a sentence to translate, whose
    places the facts fill."""

    def __init__(self, status: int, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.facts = status, sentence, facts

    def told(self, language: str) -> str:
        """The sentence, for people."""
        said = say(self.sentence, language)
        return said.format(**self.facts) if self.facts else said


class Desk:
    """Handed to every route."""

    def __init__(self, settings: Settings, store: Store, heart: Heart) -> None:
        self.settings, self.store, self.heart = settings, store, heart
        self.rulebook, self.zone = settings.rulebook, settings.zone
        self.streams = 0
        self._limiter = anyio.CapacityLimiter(READERS_MAX)
        self.key = secrets.token_bytes(32)  # signs what a screen keeps, for this run
        self._acts: set[asyncio.Task[Answer]] = set()
        self._environments = {name: _environment(name, self.zone) for name in LOCALES}

    def now_ms(self) -> int:
        """The gateway's time, in milliseconds of UTC."""
        return self.heart.now_ms()

    def language(self, request: Request) -> str:
        """The language of this request."""
        return language.chosen(request, self.settings.site.language)

    async def read(self, look: Callable[[Connection], T]) -> T:
        """What a function makes of one snapshot. StoreError if the store cannot be read."""

        def on_thread() -> T:
            with self.store.reading() as connection:
                return look(connection)

        return await anyio.to_thread.run_sync(on_thread, limiter=self._limiter)

    async def page(
        self,
        request: Request,
        template: str,
        gather: Callable[[Connection], dict[str, Any]],
    ) -> Response:
        """A page, or a part of one, from what `gather` reads."""
        values = self.setting(request)
        html = await self.read(lambda connection: self.draw(template, values, gather(connection)))
        return self.answer(request, html)

    def answer(self, request: Request, html: str, status: int = 200) -> Response:
        """HTML, remembering the language if one was asked for."""
        response = HTMLResponse(html, status)
        if asked := language.asked_for(request):
            response.set_cookie(
                language.COOKIE,
                asked,
                max_age=language.COOKIE_S,
                path=prefix(request) or "/",
                httponly=True,
                samesite="lax",
            )
        return response

    def setting(self, request: Request) -> dict[str, Any]:
        """What every template may use, for this request."""
        before = prefix(request)
        return {
            "language": self.language(request),
            "site": self.settings.site.name,
            "in_language": lambda name: "?" + urlencode({**request.query_params, "lang": name}),
            "now_ms": self.now_ms(),
            "oob": False,  # a piece in a stream says where it belongs; in its page it stands there
            "url": lambda *parts: before + "/" + "/".join(quote(part, safe="") for part in parts),
            "static": lambda name: f"{before}/static/{name}",
        }

    def draw(self, template: str, setting: dict[str, Any], values: dict[str, Any]) -> str:
        """HTML. For a thread: a wall of 500 doors takes a while."""
        environment = self._environments[setting["language"]]
        return environment.get_template(template).render(setting | values)

    async def submit(self, subject: Subject, event: Event) -> bool:
        """As `act`: whether it changed something."""
        return (await self.act(subject, event)).changed

    async def act(self, subject: Subject, event: Event) -> Answer:
        """Put an act of a person into the loop. What came of it; Trouble if it waits.

        The act stays in the loop even if the person was told that it waits.
        """
        act = asyncio.ensure_future(self.heart.submit(subject, event))
        self._acts.add(act)
        act.add_done_callback(self._acts.discard)
        done, _ = await asyncio.wait({act}, timeout=SUBMIT_S)
        if not done:
            raise Trouble(503, _NOT_STORED)
        try:
            return act.result()
        except KeyError:
            raise Trouble(404, NOT_FOUND) from None


def _environment(name: str, zone: tzinfo) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined] # the extension's
        translations(name), newstyle=True
    )
    environment.globals |= {
        "stamp": lambda at_ms, now_ms: clock.stamp(at_ms, now_ms, name, zone),
        "ago": lambda at_ms, now_ms: clock.ago(at_ms, now_ms, name),
        "lasting": lambda span_ms: clock.lasting(span_ms, name),
        "iso": lambda at_ms: clock.iso(at_ms, zone),
        "field": lambda at_ms: clock.field(at_ms, zone),
        "word": lambda key: say(shown.WORDS[key], name),
        "case_word": lambda case: closed_loop.case_word(case, name),
        "case_tone": closed_loop.case_tone,
        "returned_word": lambda case: closed_loop.returned_word(case, name),
        "tried_word": lambda action, by, who: closed_loop.tried_word(action, by, who, name),
        "step_word": lambda step: closed_loop.step_word(step, name),
        "who_word": lambda by, who=None: closed_loop.who_word(by, who, name),
        "place_word": lambda label, area: closed_loop.place_word(label, area, name),
        "holder": lambda case: closed_loop.who_word(closed_loop.holder(case), None, name),
        "why_not": closed_loop.why_not,
        "refusal_line": lambda refusal: wording.refusal_line(refusal, name),
        "action_id": lambda: secrets.token_hex(8),  # of a form: all its presses are one action
        "role_word": lambda role: say(shown.ROLE_WORDS[role], name),
        "dom_id": shown.dom_id,
        "centre": CENTRE.actor_id,
        "recurs": lambda permit: recurring.words(permit, name),
        "day_names": recurring.day_names(name),
        "reason_word": lambda reason: wording.reason_word(Reason(reason), name),
        "why_line": lambda reason, **facts: wording.why_line(Reason(reason), name, **facts),
        "first_do": lambda reason: wording.first_do(Reason(reason), name),
        "outcomes_of": lambda reason: wording.outcomes_of(Reason(reason)),
        "outcome_word": lambda outcome: wording.outcome_word(outcome, name),
        "case_number": wording.case_number,
        "languages": {"zh": "中文", "en": "English"},
    }
    for template in environment.list_templates(extensions=["html"]):
        environment.get_template(template)  # compiled now, not while somebody waits for a page
    return environment
