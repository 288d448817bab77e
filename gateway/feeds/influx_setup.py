"""Makes an InfluxDB ready for the history: where the points go, how long they stay, and the tokens.

What is there already stays as it is, so it can be done again. Which of the three ways it is follows
from the version that the server names:

- 1.8 and later 1.x: a database and a retention policy, by InfluxQL; logins there are yours to make.
- 2.x: a bucket with its retention, and two tokens, one that writes and one that reads. They are
  known again by their description; others are never touched.
- 3 Core: its database is made by its own program, for its retention can never be changed.

Source: the servers' API references. InfluxDB 1 is tested with a real one; 2 and 3 cannot be had on
the machines that test, so there only what is asked and how answers are read is.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from gateway.channels import unreached
from gateway.core.no_json import NO_JSON
from gateway.feeds.influx_server import WRITES_SINCE

ANSWER_S: Final = 10.0
DAY_S: Final = 86_400
WORDS_MAX: Final = 300
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAY: Final = (("write", "the gateway writes"), ("read", "Grafana reads"))
_NUMBERS: Final = re.compile(r"v?(\d+)\.(\d+)")


class SetupError(Exception):
    """It cannot be done. The text is a sentence with what to do."""


class Wanted(NamedTuple):
    """What is to be there. `new_tokens`: of 2.x, other tokens instead of those of earlier runs."""

    org: str
    bucket: str  # of 1.x: database, or database/policy
    days: int  # so long points are kept
    new_tokens: bool = False


class Ready(NamedTuple):
    """What is there now. Tokens are those that were made just now, and are shown once."""

    version: str
    done: list[str]  # sentences
    write_token: str = ""
    read_token: str = ""


def make_ready(url: str, admin: str, wanted: Wanted) -> Ready:
    """Look which server it is, and make what it lacks.

    Args:
        url: of the server.
        admin: the token of somebody who may; for 1.x with logins, `name:password`; else empty.
        wanted: what is to be there.

    Raises:
        SetupError: nothing, or not all, was made.
    """
    for name in (wanted.org, *wanted.bucket.split("/")):
        if not _PLAIN.fullmatch(name):
            raise SetupError(f"{name!r} is no name: letters, digits, and . _ - only")
    server = _Http(url.rstrip("/"), admin)
    version = server.version()
    numbers = _NUMBERS.match(version)
    if numbers is None:
        raise SetupError(f"what answers at {url} does not say which InfluxDB it is")
    major, minor = int(numbers[1]), int(numbers[2])
    if (major, minor) < WRITES_SINCE:
        raise SetupError(
            f"this server is older than 1.8: it is InfluxDB {version}, which has not the address "
            "that the gateway writes to; install 1.8 or newer, or 2"
        )
    if major == 1:
        return _one(server, version, wanted)
    if major == 2:
        return _two(server, version, wanted)
    raise SetupError(
        f"this is InfluxDB {version}, whose database cannot get another retention later; make it "
        f"with its own program: influxdb3 create database --retention-period {wanted.days}d "
        f"{wanted.bucket}, and a token with influxdb3 create token. Then set influx.bucket to "
        f"{wanted.bucket}; long time ranges are slow there"
    )


def _one(server: "_Http", version: str, wanted: Wanted) -> Ready:
    database, _, policy = wanted.bucket.partition("/")
    policy = policy or "autogen"
    server.ask(f'CREATE DATABASE "{database}"')
    known = {row[0] for row in server.ask(f'SHOW RETENTION POLICIES ON "{database}"')}
    verb = "ALTER" if policy in known else "CREATE"
    server.ask(
        f'{verb} RETENTION POLICY "{policy}" ON "{database}" DURATION {wanted.days}d '
        f"REPLICATION 1 SHARD DURATION {_shard(wanted.days)} DEFAULT"
    )
    done = [f"Database {database} keeps its points for {wanted.days} days (policy {policy})."]
    if not server.admin:
        done.append(
            "This server asks for no login; keep it on loopback, or switch auth-enabled on."
        )
    return Ready(version, done)


def _shard(days: int) -> str:
    """How much is dropped at a time, as InfluxDB itself chooses it for a new policy: one that is
    there keeps a week, which it takes for no shorter time than that."""
    return "1h" if days < 2 else "1d" if days < 180 else "7d"


def _two(server: "_Http", version: str, wanted: Wanted) -> Ready:
    if not server.admin:
        raise SetupError(
            "InfluxDB 2 wants the token of an operator, to make others with: "
            "MENSHEN_INFLUX_ADMIN_TOKEN (after `influx setup`, it is what `influx auth list` shows)"
        )
    orgs = server.get("/api/v2/orgs", {"org": wanted.org}).get("orgs") or []
    if not orgs:
        raise SetupError(f"there is no organisation {wanted.org} there; influx org create makes it")
    org_id = orgs[0]["id"]
    rule = {"type": "expire", "everySeconds": wanted.days * DAY_S}
    query = {"orgID": org_id, "name": wanted.bucket}
    buckets = server.get("/api/v2/buckets", query).get("buckets") or []
    if buckets:
        bucket = buckets[0]
        server.send("PATCH", f"/api/v2/buckets/{bucket['id']}", {"retentionRules": [rule]})
    else:
        made = {"orgID": org_id, "name": wanted.bucket, "retentionRules": [rule]}
        bucket = server.send("POST", "/api/v2/buckets", made)
    done = [f"Bucket {wanted.bucket} keeps its points for {wanted.days} days."]
    tokens, sentences = _tokens(server, org_id, str(bucket["id"]), wanted)
    return Ready(version, done + sentences, *tokens)


def _tokens(
    server: "_Http", org_id: str, bucket_id: str, wanted: Wanted
) -> tuple[list[str], list[str]]:
    """Those that were made now, for writing and for reading, each empty where one of an earlier run
    stays; and what is to be said of those of earlier runs."""
    found = server.get("/api/v2/authorizations", {"orgID": org_id}).get("authorizations") or []
    tokens, done = [], []
    for action, words in _MAY:
        name = f"menshen: {words} {wanted.bucket}"
        earlier = [one for one in found if one.get("description") == name]
        is_good = any(one.get("status", "active") == "active" for one in earlier)
        if is_good and not wanted.new_tokens:
            tokens.append("")
            done.append(
                f"A token with which {words} was made before and stays good; if nobody has it any "
                "more: --new-tokens makes another and revokes that one."
            )
            continue
        resource = {"type": "buckets", "id": bucket_id, "orgID": org_id}
        permissions = [{"action": action, "resource": resource}]
        asked = {"orgID": org_id, "description": name, "permissions": permissions}
        tokens.append(str(server.send("POST", "/api/v2/authorizations", asked)["token"]))
        for one in earlier:  # once there is another: what fails here leaves one too many, not none
            server.remove(f"/api/v2/authorizations/{quote(str(one['id']), safe='')}")
        if earlier:
            done.append(f"Tokens of earlier runs with which {words} are revoked: {len(earlier)}.")
    return tokens, done


class _Http:
    """Requests to a server, one at a time."""

    def __init__(self, url: str, admin: str) -> None:
        self._url, self.admin = url, admin
        self._pool = urllib3.PoolManager(
            timeout=ANSWER_S, retries=urllib3.Retry(0, redirect=0, raise_on_redirect=False)
        )

    def version(self) -> str:
        """As it says it; `unknown` where it says none."""
        answer = self._request("GET", "/ping")
        return answer.headers.get("X-Influxdb-Version") or "unknown"

    def ask(self, query: str) -> list[list[Any]]:
        """The rows that 1.x answers to a query."""
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.admin:
            head |= urllib3.make_headers(basic_auth=self.admin)
        body = urlencode({"q": query})
        found = self._json(self._request("POST", "/query", head, body.encode()))
        results = found.get("results") or [{}]
        if "error" in results[0]:
            raise SetupError(f"the server says: {results[0]['error']}")
        series = results[0].get("series") or [{}]
        return list(series[0].get("values") or [])

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """What 2.x answers."""
        asked = urlencode(query)
        return self._json(self._request("GET", f"{path}?{asked}", self._head()))

    def send(self, method: str, path: str, body: object) -> dict[str, Any]:
        """What 2.x answers to a change."""
        return self._json(self._request(method, path, self._head(), msgspec.json.encode(body)))

    def remove(self, path: str) -> None:
        """Something of 2.x; what is gone already is no fault."""
        answer = self._request("DELETE", path, self._head())
        if answer.status not in (204, 404):
            self._json(answer)

    def _head(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.admin}", "Content-Type": "application/json"}

    def _request(
        self, method: str, path: str, head: Mapping[str, str] | None = None, body: bytes = b""
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self._url + path, headers=head, body=body or None)
        except (HTTPError, OSError) as error:
            words = f"{self._url} cannot be reached ({unreached.cause(error)})"
            raise SetupError(words) from error

    def _json(self, answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        words = answer.data.decode(errors="replace").strip()[:WORDS_MAX]
        if answer.status in (401, 403):
            raise SetupError(
                f"the server answers {answer.status}: {words}; the login in "
                "MENSHEN_INFLUX_ADMIN_TOKEN may not do this"
            )
        if not 200 <= answer.status < 300:
            raise SetupError(f"the server answers {answer.status}: {words}")
        try:
            found = msgspec.json.decode(answer.data)
        except NO_JSON:
            found = None
        if not isinstance(found, dict):
            raise SetupError(f"what answers at {self._url} does not speak as InfluxDB does")
        return found
