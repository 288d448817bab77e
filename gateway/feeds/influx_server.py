"""The one file that knows InfluxDB: lines go in, in one synchronous request, and it tells how.

A request ends in one of three ways. Taken: 204, and no other success. Refused for good (400, 413,
422): then it is halved until the single lines are found that InfluxDB will never take; the others
go in. Anything else is weather: the lines must be kept and tried again. The library's batching
writer is not used; it keeps lines in memory and drops them after a few minutes.

Import this only where charts are wanted: the library takes 0.7 s and 35 MB.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.delete_predicate_request import DeletePredicateRequest
from influxdb_client.rest import ApiException
from influxdb_client.service.delete_service import DeleteService
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

from gateway.channels import unreached
from gateway.core.duration import HOUR_MS
from gateway.core.no_json import NO_JSON
from gateway.feeds.influx_line import NS_PER_MS
from gateway.settings.sections import Influx

TAKEN = 204  # all lines, and nothing else means that
FOR_GOOD = frozenset({400, 413, 422})
NOT_FOUND, NOT_ALLOWED = 404, 405
LATEST_NS = 9_223_372_036_000_000_000  # of InfluxDB's own time, in April 2262
WRITES_SINCE = (1, 8)  # the first version with /api/v2/write
_TIME = "%Y-%m-%d %H:%M"
_TOO_OLD = "points beyond retention policy"
_DROPPED = re.compile(r"partial write: .*dropped=(\d+)", re.DOTALL)
_NUMBERS = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?")
KEPT_MS_MIN = HOUR_MS  # no bucket keeps its points for less
ALL_AT = 8  # so many lines refused one by one, and none taken: it is not the lines
WORDS_MAX = 500  # characters of the server's answer that are kept
_HINTS = {
    401: "; check MENSHEN_INFLUX_TOKEN",
    403: "; may the token write into the bucket?",
    404: "; check influx.url, influx.org and influx.bucket",
}


class Unavailable(Exception):
    """Not now: keep the lines and try again. `kind` is the same for the same trouble."""

    def __init__(self, kind: str, words: str, retry_after_s: float = 0.0) -> None:
        super().__init__(words)
        self.kind = kind
        self.retry_after_s = retry_after_s


class Refused(NamedTuple):
    """A line that InfluxDB will never take: which of those handed in, and why."""

    at: int
    words: str


class Server:
    """An InfluxDB server. Every call blocks for at most `timeout_s` a request: use a thread."""

    def __init__(self, influx: Influx, timeout_s: float) -> None:
        self._bucket = influx.bucket
        self._client = InfluxDBClient(
            url=influx.url, token=influx.token or "", org=influx.org, timeout=int(timeout_s * 1000)
        )
        self._taken: str | None = None  # a line that it took
        self._org, self._writer = influx.org, WriteService(self._client.api_client)  # type: ignore[no-untyped-call]

    def write(self, lines: Sequence[str], now_ms: int) -> list[Refused]:
        """Write all lines but those that are returned. Unavailable if that is not known of all.

        Where everything is refused it is not the lines: a bucket that is full or of another schema,
        a proxy. A line that was taken before is sent once more, onto itself: is it refused as well,
        or is none known, nothing is given up. But lines that InfluxDB names itself as older than
        what it keeps never get younger: they are given up, be it all of them.

        Args:
            lines: at most some thousand.
            now_ms: the gateway's time, in ms of UTC: what another clock calls old need not be.
        """
        refused: list[Refused] = []
        taken: str | None = None
        unclear = 0  # lines that were refused without a word that it is they
        parts = [(0, len(lines))] if lines else []
        while parts:
            start, end = parts.pop()
            error = self._post(lines[start:end])
            if error is None:
                taken = lines[start]
                continue
            dropped = _dropped(error)
            if dropped == end - start and _TOO_OLD in _words(error):
                _need_same_clock(error, lines[start:end], now_ms)
                words = _verdict(error)
                refused += [Refused(at, words) for at in range(start, end)]
                continue
            if (start, end) == (0, len(lines)) and not 0 < dropped < end:
                self._still_takes(error)
            if end - start == 1:
                refused.append(Refused(start, _verdict(error)))
                unclear += 1
            else:
                middle = (start + end) // 2
                parts += [(middle, end), (start, middle)]
            if taken is None and self._taken is None and unclear >= min(ALL_AT, len(lines)):
                raise _refuses_all(error)
        self._taken = taken or self._taken
        return refused

    def _still_takes(self, error: ApiException) -> None:
        """Unavailable if a line is refused that was taken before; it may be too old by now, which
        proves nothing."""
        if self._taken is None:
            return
        again = self._post([self._taken])
        if again is not None and _TOO_OLD in _words(again):
            self._taken = None
        elif again is not None:
            raise _refuses_all(error)

    def forget_all(self, measurement: str) -> None:
        """Delete all points of a measurement. Unavailable, as `forget`."""
        self.forget(measurement, None, None)

    def forget(
        self,
        measurement: str,
        tag: tuple[str, str] | None,
        before_ms: int | None,
        from_ms: int = 0,
    ) -> None:
        """Delete the points of one series, from a time (ms of UTC) on, before another, or all of
        them. `tag`: its name and value; None: those of the whole measurement.

        InfluxDB marks them as deleted at once and answers no more with them; their bytes leave its
        files with the next compaction. A server of the first generation, which has no path for it,
        is asked in InfluxQL.

        Raises:
            Unavailable: that it was done is not known.
        """
        try:
            self._forget(measurement, tag, before_ms, from_ms)
        except ApiException as error:
            raise _weather(error) from error
        except (HTTPError, OSError) as error:
            raise _unreached(error) from error

    def _forget(
        self,
        measurement: str,
        tag: tuple[str, str] | None,
        before_ms: int | None,
        from_ms: int,
    ) -> None:
        stop_ns = LATEST_NS if before_ms is None else before_ms * 1_000_000 - 1
        predicate, where = (
            f'_measurement="{measurement}"',
            (f"time >= {from_ms * 1_000_000} AND time <= {stop_ns}"),
        )
        if tag is not None:
            name, value = tag
            predicate += f' AND {name}="{value}"'
            where = f"\"{name}\" = '{value}' AND {where}"
        times = _at(from_ms), _at(stop_ns // 1_000_000)
        body = DeletePredicateRequest(*times, predicate)  # type: ignore[no-untyped-call]
        deletes = DeleteService(self._client.api_client)  # type: ignore[no-untyped-call]
        try:
            deletes.post_delete(body, org=self._org, bucket=self._bucket)  # type: ignore[no-untyped-call]
        except ApiException as error:
            if error.status not in (NOT_FOUND, NOT_ALLOWED):
                raise
            database, _, _ = self._bucket.partition("/")
            words = f'DELETE FROM "{measurement}" WHERE {where}'  # noqa: S608 - all of it is ours
            asked = [("db", database), ("q", words)]
            self._client.api_client.call_api(  # type: ignore[no-untyped-call]
                "/query", "POST", query_params=asked, response_type="str"
            )

    def version(self) -> str | None:
        """The server's, as it says it; None if none answers. Blocks for a request at most."""
        try:
            return self._client.version() or "unknown"
        except (ApiException, HTTPError, OSError):
            return None

    def too_old(self) -> str | None:
        """That this server knows no write path of ours, as a sentence's end; None if it may.

        Blocks for a request at most."""
        numbers = _NUMBERS.match(self.version() or "")
        if numbers is None or (int(numbers[1]), int(numbers[2])) >= WRITES_SINCE:
            return None
        return f"is InfluxDB {numbers[0]}, which is older than 1.8; take 1.8 or newer, or 2"

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _post(self, lines: Sequence[str]) -> ApiException | None:
        """One request. What InfluxDB said where it refused the lines as they are, else None."""
        try:
            _, status, _ = self._writer.post_write_with_http_info(  # type: ignore[no-untyped-call]
                self._org, self._bucket, "\n".join(lines), precision="ns"
            )
        except ApiException as error:
            if error.status in FOR_GOOD:
                return error
            old = self.too_old() if error.status == NOT_FOUND else None
            if old is not None:
                raise Unavailable("version", old) from error
            raise _weather(error) from error
        except (HTTPError, OSError) as error:
            raise _unreached(error) from error
        if status != TAKEN:  # a proxy, a sign-in page
            raise Unavailable(str(status), f"answers {status}, which is not how InfluxDB says yes")
        return None


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _verdict(error: ApiException) -> str:
    """Why a single line was refused; Unavailable where it was not InfluxDB that refused it.

    A proxy between us may answer 400 to everything, with a page for people. InfluxDB answers JSON.
    """
    words = _words(error)
    try:
        answer = msgspec.json.decode(words)
    except NO_JSON:
        answer = None
    if not isinstance(answer, dict):
        raise _weather(error) from error
    return words.strip()[:WORDS_MAX]


def _dropped(error: ApiException) -> int:
    """How many of a request's lines InfluxDB did not take, where it says so: it took the others. 0
    where it does not."""
    found = _DROPPED.search(_words(error))
    return int(found[1]) if found else 0


def _need_same_clock(error: ApiException, lines: Sequence[str], now_ms: int) -> None:
    """Unavailable if what is called too old may be so by a wrong clock only: by the time that the
    answer bears, or for a line that every bucket would keep."""
    try:
        its_ms = int(parsedate_to_datetime(error.headers["Date"]).timestamp() * 1000)
    except (KeyError, TypeError, ValueError):
        its_ms = now_ms
    latest_ms = max(int(line.rpartition(" ")[2]) for line in lines) // NS_PER_MS
    if abs(its_ms - now_ms) > KEPT_MS_MIN or latest_ms > now_ms - KEPT_MS_MIN:
        clocks = f"its clock says {_at(its_ms):{_TIME}}, ours {_at(now_ms):{_TIME}}"
        raise Unavailable("clock", f"calls lines too old that may not be; {clocks} (UTC)")


def _refuses_all(error: ApiException) -> Unavailable:
    words = f"refuses every line, so it is not the lines: {_verdict(error)}"
    return Unavailable("all", words, _seconds(error.headers))


def _unreached(error: Exception) -> Unavailable:
    """No answer at all. urllib3 counts a refused connection among its timeouts; people do not."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
        return Unavailable(kind, "does not answer in time")
    return Unavailable(kind, f"cannot be reached ({unreached.cause(error)})")


def _weather(error: ApiException) -> Unavailable:
    if not error.status:  # so the library tells of a TLS that failed
        return _unreached(error)
    hint = _HINTS.get(error.status, "")
    words = f"answers {error.status}: {_words(error)[:WORDS_MAX].strip()}{hint}"
    return Unavailable(str(error.status), words, _seconds(error.headers))


def _words(error: ApiException) -> str:
    body = error.body
    return body.decode(errors="replace") if isinstance(body, bytes) else str(body or error.reason)


def _seconds(headers: Any) -> float:
    """The answer's Retry-After, where it is a number of seconds."""
    try:
        return max(0.0, float((headers or {}).get("Retry-After", 0)))
    except (TypeError, ValueError):
        return 0.0
