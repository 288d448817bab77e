"""Feishu's and Lark's group robot (飞书、Lark 群机器人): 100 messages a minute, 5 a second."""

from typing import Any, Final

import msgspec

from gateway.channels.robots.robot import Codes, Post, Robot
from gateway.core.duration import SECOND_MS

CODES: Final = Codes(
    fields=("code", "StatusCode"),
    success=0,
    later={
        -1: 2 * SECOND_MS,
        11232: 5 * SECOND_MS,
        99991400: 5 * SECOND_MS,
    },
    set_up={
        9499: "the message is not as it wants it, or its token is wrong",
        19001: "its token is wrong, or the robot is gone from its group",
        19002: "the message is not as it wants it",
        19021: "its signature is not believed: a wrong secret, or this machine's clock is off",
        19022: "this machine's IP address is not on its list",
        19024: "no keyword of its list stands in the message; add 门神 and Menshen to its list",
    },
    message="msg",
)


def _post_feishu(plugin: Any, title: str, text: str) -> Post:
    return Post(plugin.notify_url.format(token=plugin.token), _body(title, text))


def _post_lark(plugin: Any, title: str, text: str) -> Post:
    return Post(plugin.webhook_url, _body(title, text))


def _body(title: str, text: str) -> bytes:
    return msgspec.json.encode({"msg_type": "text", "content": {"text": f"{title}\n{text}"}})


FEISHU = Robot("feishu", "Feishu", _post_feishu, CODES)
LARK = Robot("lark", "Lark", _post_lark, CODES)
