"""ServerChan (Server酱): from one key to one person's WeChat; a few messages a day."""

from typing import Any, Final
from urllib.parse import urlencode

from gateway.channels.robots.robot import FORM, Codes, Post, Robot
from gateway.core.duration import MINUTE_MS, SECOND_MS

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
    body = urlencode({"title": title, "desp": text}).encode()
    return Post(plugin.notify_url.format(token=plugin.token), body, FORM)


SERVERCHAN = Robot("schan", "ServerChan", _post, CODES)
