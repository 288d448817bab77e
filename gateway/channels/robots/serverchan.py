"""ServerChan (Server酱): from one key to one person's WeChat; a few messages a day, with a title
of 32 characters."""

from typing import Any, Final
from urllib.parse import urlencode

from gateway.channels.robots.robot import FORM, Codes, Post, Robot
from gateway.core.duration import MINUTE_MS, SECOND_MS

TITLE_CHARACTERS_MAX: Final = 32

_USED_UP: Final = "its messages of the day are used up"

CODES: Final = Codes(
    fields=("code", "errno"),
    success=0,
    later={
        -1: 2 * SECOND_MS,
        429: MINUTE_MS,
        20001: MINUTE_MS,  # the same message again, or too many
    },
    set_up={40001: "its key is wrong"},
    message="message",
    refine=lambda code, said: _USED_UP if code == 40001 and "次数" in said else None,
)


def _post(plugin: Any, title: str, text: str) -> Post:
    marked = text.replace("\n", "\n\n")  # it reads Markdown, where one end of a line is none
    body = urlencode({"title": title[:TITLE_CHARACTERS_MAX], "desp": marked}).encode()
    return Post(plugin.notify_url.format(token=plugin.token), body, FORM)


SERVERCHAN = Robot("schan", "ServerChan", _post, CODES)
