"""What every page needs at hand: settings, store, engine, clock, templates, language.

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

from gateway.core.actor import CENTRE
from gateway.core.events import Event
from gateway.core.reasons import Reason
from gateway.core.subject import Subject
from gateway.engine.engine import Engine
from gateway.engine.ports import Answer
from gateway.language import negotiate, reasons, recurrence, times
from gateway.language.catalogue import LOCALES, N_, say, translations
from gateway.settings import Settings
from gateway.store.database import Store
from gateway.web import case_words, door_words
from gateway.web.security import prefix

READERS_MAX: Final = 1  # threads that read and draw; more would only take turns with the loop
SUBMIT_S: Final = 10.0  # how long a person waits for the commit before being told
TEMPLATES: Final = Path(__file__).parent / "templates"

T = TypeVar("T")
Before = Annotated[int | None, Query(ge=0, le=2**53)]  # ms; older than this is asked for

_NOT_STORED = N_("The gateway cannot store this now. It keeps trying; try again in a minute.")
NOT_FOUND = N_("There is nothing under this address.")


class HttpProblem(Exception):
    """What a person is told instead of the page: an HTTP status and a sentence to translate, whose
    places the facts fill."""

    def __init__(self, status: int, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.facts = status, sentence, facts

    def told(self, language: str) -> str:
        """The sentence, for people."""
        said = say(self.sentence, language)
        return said.format(**self.facts) if self.facts else said


class WebContext:
    """Handed to every route."""

    def __init__(self, settings: Settings, store: Store, engine: Engine) -> None:
        self.settings, self.store, self.engine = settings, store, engine
        self.rulebook, self.zone = settings.rulebook, settings.zone
        self.streams = 0
        self._limiter = anyio.CapacityLimiter(READERS_MAX)
        self.key = secrets.token_bytes(32)  # signs what a screen keeps, for this run
        self._submissions: set[asyncio.Task[Answer]] = set()
        self._environments = {name: _environment(name, self.zone) for name in LOCALES}

    def now_ms(self) -> int:
        """The gateway's time, in milliseconds of UTC."""
        return self.engine.now_ms()

    def language(self, request: Request) -> str:
        """The language of this request."""
        return negotiate.chosen(request, self.settings.site.language)

    async def read(self, view: Callable[[Connection], T]) -> T:
        """What a function makes of one snapshot. StoreError if the store cannot be read."""

        def on_thread() -> T:
            with self.store.reading() as connection:
                return view(connection)

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
        if asked := negotiate.asked_for(request):
            response.set_cookie(
                negotiate.COOKIE,
                asked,
                max_age=negotiate.COOKIE_S,
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
            # a fragment in a stream says where it belongs; in its page it stands
            # there
            "oob": False,
            "url": lambda *parts: before + "/" + "/".join(quote(part, safe="") for part in parts),
            "static": lambda name: f"{before}/static/{name}",
        }

    def draw(self, template: str, setting: dict[str, Any], values: dict[str, Any]) -> str:
        """HTML. For a thread: a wall of 500 doors takes a while."""
        environment = self._environments[setting["language"]]
        return environment.get_template(template).render(setting | values)

    async def submit(self, subject: Subject, event: Event) -> bool:
        """As `act`: whether it changed something."""
        return (await self.action(subject, event)).changed

    async def action(self, subject: Subject, event: Event) -> Answer:
        """Put an action of a person into the loop. What came of it; HttpProblem if it waits.

        The action stays in the loop even if the person was told that it waits.
        """
        action = asyncio.ensure_future(self.engine.submit(subject, event))
        self._submissions.add(action)
        action.add_done_callback(self._submissions.discard)
        done, _ = await asyncio.wait({action}, timeout=SUBMIT_S)
        if not done:
            raise HttpProblem(503, _NOT_STORED)
        try:
            return action.result()
        except KeyError:
            raise HttpProblem(404, NOT_FOUND) from None


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
        "stamp": lambda at_ms, now_ms: times.stamp(at_ms, now_ms, name, zone),
        "ago": lambda at_ms, now_ms: times.ago(at_ms, now_ms, name),
        "lasting": lambda span_ms: times.lasting(span_ms, name),
        "iso": lambda at_ms: times.iso(at_ms, zone),
        "field": lambda at_ms: times.field(at_ms, zone),
        "word": lambda key: say(door_words.WORDS[key], name),
        "case_word": lambda case: case_words.case_word(case, name),
        "case_tone": case_words.case_tone,
        "cleared_word": lambda case: case_words.cleared_word(case, name),
        "step_word": lambda step: case_words.step_word(step, name),
        "who_word": lambda by, who=None: case_words.who_word(by, who, name),
        "place_word": lambda label, area: case_words.place_word(label, area, name),
        "holder": lambda case: case_words.who_word(case_words.holder(case), None, name),
        "why_not": case_words.why_not,
        "refusal_line": lambda refusal: reasons.refusal_line(refusal, name),
        "action_id": lambda: secrets.token_hex(8),  # of a form: all its presses are one action
        "role_word": lambda role: say(door_words.ROLE_WORDS[role], name),
        "dom_id": door_words.dom_id,
        "centre": CENTRE.actor_id,
        "recurs": lambda permit: recurrence.words(permit, name),
        "day_names": recurrence.day_names(name),
        "reason_word": lambda reason: reasons.reason_word(Reason(reason), name),
        "why_line": lambda reason, **facts: reasons.why_line(Reason(reason), name, **facts),
        "first_action": lambda reason: reasons.first_action(Reason(reason), name),
        "channel_word": lambda kind: case_words.channel_word(kind, name),
        "outcomes_of": lambda reason: reasons.outcomes_of(Reason(reason)),
        "outcome_word": lambda outcome: reasons.outcome_word(outcome, name),
        "case_number": reasons.case_number,
        "languages": {"zh": "中文", "en": "English"},
    }
    for template in environment.list_templates(extensions=["html"]):
        environment.get_template(template)  # compiled now, not while somebody waits for a page
    return environment
