"""What the chat robots have in common: one POST, and an answer whose body is read by a table."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.verdict import UNPROVEN_MS, fields_of, need_no_page, need_status, words
from gateway.core.evidence import Evidence

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Post(Struct, frozen=True):
    """What is posted to a robot. `url` holds its secret."""

    url: str
    body: bytes
    content_type: str = JSON


class Codes(Struct, frozen=True):
    """What a provider's codes mean. A code that is in no table is taken for no success."""

    fields: tuple[str, ...]  # where the code stands; the first that is there counts
    success: int
    later: Mapping[int, int]  # code -> how long to wait, in ms
    set_up: Mapping[int, str]  # code -> what a person must mend
    message: str = "errmsg"
    refine: Callable[[int, str], str | None] = lambda _code, _said: None  # what the words add


class Robot(Struct, frozen=True):
    """A provider's robot. `post` makes the request from Apprise's plugin, which has the address."""

    schema: str  # how its addresses begin with Apprise
    name: str
    post: Callable[[Any, str, str], Post]  # of plugin, title and text
    codes: Codes

    def judged(self, answer: Answer) -> Evidence:
        """ACCEPTED, if the answer is the provider's form of success.

        Raises:
            DeliveryError: anything else, in the provider's code and words.
        """
        said, codes = fields_of(answer.body), self.codes
        code = next((said[name] for name in codes.fields if name in said), None)
        if not isinstance(code, int) or isinstance(code, bool):
            need_status(answer, self.name)
            need_no_page(answer, self.name)
            raise DeliveryError(
                f"{self.name} did not answer as it does: nothing proves that it has the page",
                wait_ms=UNPROVEN_MS,
            )
        if code == codes.success:
            need_status(answer, self.name)
            return Evidence.ACCEPTED
        message = str(said.get(codes.message) or said.get("message") or said.get("errmsg") or "")
        known = codes.refine(code, message) or codes.set_up.get(code)
        text = f"{self.name} answered {code}"
        if code in codes.later:
            raise DeliveryError(f"{text}: {words(message)}", wait_ms=codes.later[code])
        if known is not None:
            raise DeliveryError(f"{text}: {known} ({words(message)})", permanent=True)
        raise DeliveryError(f"{text}, which is no success: {words(message)}", wait_ms=UNPROVEN_MS)
