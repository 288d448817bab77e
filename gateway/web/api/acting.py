"""What people do through a program: an action on a case, and a handheld's receipt for a page.

Who acts stands in the header Menshen-Actor. An action answers {"changed": true}; one that is
refused answers 409, a problem with its `reason` as a code and `why` in a sentence. A wrong code of
a door refuses nothing: the answer says that it proves nothing, and `why`. The same
`action_id` twice is one action, answered as it was the first time; `age_ms` says how long ago it
was done.
"""

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import UNSET

from gateway.core.actor import Acting
from gateway.core.cases.transitions import Action
from gateway.web import actions, actor
from gateway.web.actions import Answered
from gateway.web.answers import json_answer, problem_answer
from gateway.web.api import ringing
from gateway.web.api.answered import acts, answered
from gateway.web.api.shapes import ActionRefused, Done
from gateway.web.context import WebContext


def routes(context: WebContext) -> APIRouter:
    """POST …/cases/{id}/acknowledge, …; POST …/pages/{id}/received."""
    router = APIRouter()

    async def after(request: Request, _: str, __: Acting, answer: Answered) -> Response:
        return _done(context, request, answer)

    def described(action: Action, kind: actions.Kind) -> dict[str, object]:
        told = answered(Done, {404: None, 409: ActionRefused})
        return {"name": str(action), "openapi_extra": acts(kind.body), **told}

    actions.add_routes(
        router, context, "/cases", actor.of_program, after, by_page=False, described=described
    )

    @router.post("/pages/{page_id}/received", openapi_extra=acts(), **answered(Done, {404: None}))
    async def received(request: Request, page_id: str) -> Response:
        """A handheld signs that a page arrived."""
        by = actor.of_program(request).actor
        changed = await actions.received(context, page_id, by)
        await ringing.signed(context, request)
        return json_answer(Done(changed))

    return router


def _done(context: WebContext, request: Request, answer: Answered) -> Response:
    """What an action changed; 409 with the reason if it was refused. One that came late says when
    it was done and when it came, and whether others acted meanwhile."""
    result, done = answer.result, Done(answer.changed)
    if result is not None and result.age_ms:
        done = Done(answer.changed, result.done_ms, result.arrived_ms, result.overtaken)
    if answer.refusal is None:
        proof = UNSET if result is None or result.proof is None else result.proof
        unproved = actions.unproved(context, request, answer) or UNSET
        return json_answer(msgspec.structs.replace(done, proof=proof, why=unproved))
    why = actions.why(context, request, answer) or ""
    return problem_answer(409, why, **msgspec.to_builtins(done), reason=answer.refusal, why=why)
