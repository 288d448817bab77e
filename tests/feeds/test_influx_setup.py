"""`menshen influx init`: the real InfluxDB 1 with the version of a newer one, and what is asked of
2 and 3, which no machine of ours can have."""

import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.feeds.influx_setup import SetupError, Wanted, make_ready
from gateway.settings import secret
from tests.feeds.database import Database
from tests.neighbours import Influx

WANTED = Wanted("menshen", "seals", 30)
Answers = Callable[[str, str, dict[str, Any]], Any]


class Stand:
    """A server that says which version it is; 1.x's queries go to the real one."""

    def __init__(self, version: str, port: int, answers: Answers) -> None:
        self.url, self.asked = f"http://127.0.0.1:{port}", list[tuple[str, str, dict[str, Any]]]()
        stand = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                text = self.rfile.read(length).decode()
                is_json = self.headers.get("content-type") == "application/json"
                body = json.loads(text) if text and is_json else {"form": text}
                body["login"] = self.headers.get("authorization", "")
                stand.asked.append((self.command, self.path, body))
                found = {} if self.path == "/ping" else answers(self.command, self.path, body)
                status = found.pop("_status", 200) if isinstance(found, dict) else 200
                said = b"" if status == 204 else json.dumps(found).encode()
                self.send_response(status)
                self.send_header("X-Influxdb-Version", version)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_POST = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "Stand":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def port(free_port: Callable[[], int]) -> int:
    return free_port()


@pytest.fixture
def real(influxd: Callable[[], Influx]) -> Influx:
    return influxd()


def test_of_influxdb_1_the_database_and_its_retention_are_made_and_made_again(
    real: Influx, port: int
) -> None:
    def pass_on(_: str, path: str, body: dict[str, Any]) -> Any:
        head = {"content-type": "application/x-www-form-urlencoded"}
        return httpx.post(real.url + path, content=body["form"], headers=head).json()

    with Stand("1.8.10", port, pass_on) as stand:
        ready = make_ready(stand.url, "", WANTED)
        assert "30 days" in ready.done[0]
        make_ready(stand.url, "", WANTED._replace(days=60))
        make_ready(stand.url, "", WANTED._replace(bucket="seals/raw", days=7))
        make_ready(stand.url, "", WANTED._replace(bucket="short", days=1))
        make_ready(stand.url, "", WANTED._replace(bucket="long", days=400))
    kept = {
        (name, row["name"]): (row["duration"], row["shardGroupDuration"], row["default"])
        for name in ("seals", "short", "long")
        for series in Database(real.url, name).ask("SHOW RETENTION POLICIES")
        for row in series.rows
    }
    assert kept == {
        ("seals", "autogen"): ("1440h0m0s", "24h0m0s", False),
        ("seals", "raw"): ("168h0m0s", "24h0m0s", True),
        ("short", "autogen"): ("24h0m0s", "1h0m0s", True),
        ("long", "autogen"): ("9600h0m0s", "168h0m0s", True),
    }


def test_the_real_old_one_is_named_older_than_1_8(real: Influx, tmp_path: Path) -> None:
    settings = tmp_path / "menshen.toml"
    lines = f'[influx]\nurl = "{real.url}"\norg = "o"\nbucket = "seals"\n'
    settings.write_text(lines, encoding="utf-8")
    told = CliRunner().invoke(app, ["influx", "init", "--config", str(settings)])
    assert told.exit_code == 1
    assert "this server is older than 1.8" in told.stderr.replace("\n", " ")


def two(_: str, path: str, body: dict[str, Any]) -> Any:
    if path.startswith("/api/v2/orgs"):
        return {"orgs": [{"id": "0123"}]}
    if path.startswith("/api/v2/buckets?"):
        return {"buckets": []}
    if path.startswith("/api/v2/authorizations?"):
        return {"authorizations": []}
    if path == "/api/v2/buckets":
        return {"id": "4567", "name": body["name"]}
    return {"token": "for-" + body["permissions"][0]["action"]}


def test_of_influxdb_2_a_bucket_and_two_tokens_that_may_one_thing_each(port: int) -> None:
    with Stand("v2.9.1", port, two) as stand:
        with pytest.raises(SetupError, match="MENSHEN_INFLUX_ADMIN_TOKEN"):
            make_ready(stand.url, "", WANTED)
        ready = make_ready(stand.url, "operator", WANTED)
        assert (ready.write_token, ready.read_token) == ("for-write", "for-read")
        bucket = next(body for _, path, body in stand.asked if path == "/api/v2/buckets")
        assert bucket["retentionRules"] == [{"type": "expire", "everySeconds": 30 * 86_400}]
        assert {body["login"] for _, path, body in stand.asked if "/api/" in path} == {
            "Token operator"
        }
        tokens = [body for _, path, body in stand.asked if path.endswith("authorizations")]
        assert [len(token["permissions"]) for token in tokens] == [1, 1]


class Two:
    """What InfluxDB 2 remembers of its tokens, as its API has them."""

    def __init__(self) -> None:
        self.kept = [
            {"id": "0a", "description": "Grafana of the neighbours", "status": "active"},
            {"id": "0b", "description": "menshen: the gateway writes other", "status": "active"},
        ]

    def __call__(self, method: str, path: str, body: dict[str, Any]) -> Any:
        if not path.startswith("/api/v2/authorizations"):
            return two(method, path, body)
        if method == "GET":
            return {"authorizations": self.kept}
        if method == "DELETE":
            gone = [one for one in self.kept if path.endswith(f"/{one['id']}")]
            self.kept = [one for one in self.kept if one not in gone]
            return {"_status": 204 if gone else 404}
        number = f"1{len(self.kept)}{body['permissions'][0]['action']}"
        self.kept.append({"id": number, "description": body["description"], "status": "active"})
        return {"token": f"t-{number}"}

    def ours(self) -> list[str]:
        """The ids of those of our bucket."""
        return [one["id"] for one in self.kept if one["description"].endswith(" seals")]


def test_done_again_no_token_is_added_and_new_ones_put_an_end_to_those_before(port: int) -> None:
    """Each run made two more that may write and read for ever, and nobody knew which was in use."""
    server = Two()
    with Stand("v2.7.1", port, server) as stand:
        first = make_ready(stand.url, "operator", WANTED)
        assert first.write_token
        assert first.read_token
        ours = server.ours()
        again = make_ready(stand.url, "operator", WANTED)
        assert (again.write_token, again.read_token, server.ours()) == ("", "", ours)
        assert sum("stays good" in sentence for sentence in again.done) == 2
        new = make_ready(stand.url, "operator", WANTED._replace(new_tokens=True))
        assert {new.write_token, new.read_token}.isdisjoint((first.write_token, first.read_token))
        assert sum("are revoked: 1." in sentence for sentence in new.done) == 2
        assert (len(server.ours()), set(ours) & set(server.ours())) == (2, set())
        server.kept[-1]["status"] = "inactive"  # somebody switched off the one that reads
        some = make_ready(stand.url, "operator", WANTED)
        assert (some.write_token, bool(some.read_token)) == ("", True)
    assert [one["id"] for one in server.kept][:2] == ["0a", "0b"], "others' are never touched"


def test_the_command_takes_its_login_from_the_environment_and_from_a_file(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings refused the variable as one that is no setting, so that nobody could do it."""
    settings, file = tmp_path / "menshen.toml", tmp_path / "admin"
    settings.write_text(
        f'[influx]\nurl = "http://127.0.0.1:{port}"\norg = "menshen"\nbucket = "seals"\n'
    )
    file.write_text("operator\n")
    words = ["influx", "init", "--config", str(settings)]
    name = secret.INFLUX_ADMIN_TOKEN
    for variable, value in ((name, "operator"), (f"{name}_FILE", str(file))):
        with Stand("v2.9.1", port, two), monkeypatch.context() as patch:
            patch.setenv(variable, value)
            done = CliRunner().invoke(app, words)
        assert (done.exit_code, "MENSHEN_INFLUX_TOKEN: for-write" in done.stdout) == (0, True)
    for variable in (name, "MENSHEN_INFLUX_TOKEN"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, "密码")
            refused = CliRunner().invoke(app, words)
        assert (refused.exit_code, f"{variable} holds a sign" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("version", "answer", "words"),
    [
        ("3.11.8", {}, "influxdb3 create database --retention-period 30d seals"),
        ("unknown", {}, "does not say which InfluxDB"),
        ("2.9.1", {"_status": 401, "message": "unauthorized access"}, "may not do this"),
        ("2.9.1", {"orgs": []}, "no organisation menshen"),
        ("2.9.1", [1], "does not speak as InfluxDB"),
        ("1.13.2", {"results": [{"error": "disk full"}]}, "disk full"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(
    port: int, version: str, answer: Any, words: str
) -> None:
    with (
        Stand(version, port, lambda *_: answer.copy()) as stand,
        pytest.raises(SetupError, match=words),
    ):
        make_ready(stand.url, "operator", WANTED)


def test_a_server_that_is_not_there_and_a_name_that_is_none_are_told(port: int) -> None:
    with pytest.raises(SetupError, match="cannot be reached"):
        make_ready(f"http://127.0.0.1:{port}", "", WANTED)
    with pytest.raises(SetupError, match="no name"):
        make_ready(f"http://127.0.0.1:{port}", "", WANTED._replace(bucket='a"; DROP'))
    assert os.environ.get("MENSHEN_INFLUX_ADMIN_TOKEN") is None
