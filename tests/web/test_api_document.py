"""The API's document, and the API against it: every answer stands in it, and none is our fault.

`SEED=7 pytest tests/web/test_api_document.py` asks other questions; the seed is printed.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi import APIRouter, Request, Response
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from gateway.accounts.roles import Role
from gateway.web.api import document
from tests.web.signed_in import signed_in_site
from tests.web.test_in_a_browser import served
from tests.web.web_site import (
    Console,
    acting_as,
    console,
    first_case,
    new_store,
    problem_of,
)

SEED = int(os.environ.get("SEED", "10"))
EXAMPLES = 3  # of each operation in a round, valid and not
ROUNDS = 8
MOST_S = 30.0  # then no further round begins: one takes a few seconds
ANSWER_S = 10.0
THERE = {  # what is there, for half of the questions
    "door_id": "d0",
    "case_id": first_case(0),
    "warden_id": "wang",
    "area_id": "building:A",
    "order_id": "o0",
    "ended_id": f"{0:016x}",
    "page_id": first_case(0),
}
BOUNDED = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def questions(document: dict[str, Any], url: str, headers: dict[str, str]) -> Counter[str]:
    """Ask everything in many ways, round after round; how often each operation was answered with
    which status."""
    answered: Counter[str] = Counter()
    ends = time.monotonic() + MOST_S
    schema = schemathesis.openapi.from_dict(document)
    operations = [operation.ok() for operation in schema.get_all_operations()]
    Random(SEED).shuffle(operations)  # noqa: S311 - repeatable on purpose

    def ask(case: Case, is_there: bool) -> None:
        if is_there:
            case.path_parameters.update(
                {name: THERE[name] for name in case.path_parameters if name in THERE}
            )
        answer = case.call(base_url=url, headers=headers, timeout=ANSWER_S)
        case.validate_response(answer, checks=CHECKED)
        answered[f"{case.operation.label} {answer.status_code}"] += 1

    for number in range(ROUNDS):
        if number and time.monotonic() > ends:
            break
        for operation in operations:
            ways = st.one_of(
                operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            )
            asking = BOUNDED(hypothesis.given(ways, st.booleans())(ask))
            hypothesis.seed(SEED + number)(asking)()
    return answered


async def furnished(site: Console) -> None:
    await site.seal(0)
    await site.opens(0)
    await site.permit(0)


async def test_every_answer_stands_in_the_document(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    print(f"seed {SEED}")
    port = free_port()
    async with console(new_store(tmp_path)) as site, served(site, port):
        await furnished(site)
        document = (await site.client.get("/api/v1/openapi.json")).json()
        url = f"http://127.0.0.1:{port}"
        answered = await asyncio.to_thread(questions, document, url, acting_as("wang"))
        asked = {one.rpartition(" ")[0] for one in answered}
    print(answered)
    there = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert asked == there
    statuses = {one.rpartition(" ")[2] for one in answered}
    assert {"200", "404", "422"} <= statuses


async def test_the_document_is_for_who_is_signed_in_and_says_who_may_what(tmp_path: Path) -> None:
    async with signed_in_site(tmp_path) as site:
        assert problem_of(await site.asks("", "GET", "/api/v1/openapi.json"), 401) == {}
        document = (await site.asks("wang", "GET", "/api/v1/openapi.json")).json()
    paths = document["paths"]
    assert paths["/api/v1/doors"]["get"]["x-roles"] == {
        "warden": "grids",
        "deputy": "grids",
        "captain": "grids",
        "dispatcher": "all",
        "installer": "all",
        "engineer": "all",
        "auditor": "all",
    }
    assert Role.WARDEN not in paths["/api/v1/cases/{case_id}/sign_off"]["post"]["x-roles"]
    assert paths["/api/v1/wardens/{warden_id}/pages"]["get"]["x-roles"]["warden"] == "own"
    ids = [one["operationId"] for operations in paths.values() for one in operations.values()]
    assert len(ids) == len(set(ids))


def test_a_place_of_an_address_that_no_route_takes_makes_no_document() -> None:
    router = APIRouter()

    @router.get("/api/v1/doors/{door_id}/holds")
    async def listed(request: Request) -> Response:
        return Response(request.path_params["door_id"])

    with pytest.raises(RuntimeError, match="door_id is not said by its route"):
        document.document(router)
