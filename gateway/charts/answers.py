"""What InfluxDB answers, asked in InfluxQL as Grafana asks: 1.x, and 2.x by the same address."""

from typing import Any, NamedTuple

import msgspec

from gateway.channels import unreached
from gateway.settings.sections import Influx

TIMEOUT_S = 30.0
BYTES_MAX = 64_000_000  # of one answer
WORDS_MAX = 300  # of the server's, in a sentence of ours


class AnswerError(Exception):
    """InfluxDB did not answer a question. The text is a sentence that says what to do."""


class Series(NamedTuple):
    """One series: its measurement, its tags, its rows as dictionaries. `time` is in ms."""

    name: str
    tags: dict[str, str]
    rows: list[dict[str, Any]]


class History:
    """An InfluxDB that is asked and never written to. Every call blocks."""

    def __init__(self, influx: Influx) -> None:
        # Here, for it takes a quarter of a second and nobody else wants it.
        from httpx2 import Client, HTTPError

        self._trouble = HTTPError
        self.url = influx.url
        database, _, policy = influx.bucket.partition("/")
        self._place = {"db": database, "epoch": "ms"} | ({"rp": policy} if policy else {})
        headers = {"Authorization": f"Token {influx.token}"} if influx.token else {}
        self._client = Client(timeout=TIMEOUT_S, headers=headers, trust_env=False)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def ask(self, query: str) -> list[Series]:
        """The answer's series.

        Raises:
            AnswerError: none came, or it was an error.
        """
        try:
            answer = self._client.post(f"{self.url}/query", data=self._place | {"q": query})
        except (self._trouble, OSError) as error:
            raise AnswerError(
                f"InfluxDB at {self.url} cannot be reached ({unreached.cause(error)}); is it up, "
                "and is influx.url right?"
            ) from error
        if answer.status_code in (401, 403):
            raise AnswerError(
                f"InfluxDB at {self.url} answers {answer.status_code}; may the token in "
                "MENSHEN_INFLUX_TOKEN read the bucket? `menshen influx init` names one that does"
            )
        return _series(answer.content[:BYTES_MAX], answer.status_code, self.url)


def _series(body: bytes, status: int, url: str) -> list[Series]:
    try:
        told = msgspec.json.decode(body)
        results = told.get("results", [told])
        error = next((result["error"] for result in results if "error" in result), None)
        if error is None:
            return [_one(raw) for raw in results[0].get("series", [])]
    except (ValueError, AttributeError, KeyError, IndexError, TypeError) as broken:
        raise AnswerError(f"what answers {status} at {url} is no InfluxDB") from broken
    raise AnswerError(f"InfluxDB at {url} refuses a query: {str(error)[:WORDS_MAX]}")


def _one(raw: dict[str, Any]) -> Series:
    rows = [dict(zip(raw["columns"], row, strict=True)) for row in raw["values"]]
    return Series(raw.get("name", ""), raw.get("tags", {}), rows)
