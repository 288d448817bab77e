"""WeCom's group robot (企业微信群机器人): 20 messages a minute, text of 2,048 bytes."""

from typing import Any, Final

import msgspec

from gateway.channels.robots.robot import Codes, Post, Robot
from gateway.core.duration import MINUTE_MS, SECOND_MS

TEXT_BYTES_MAX: Final = 2_048

CODES: Final = Codes(
    fields=("errcode",),
    success=0,
    later={-1: 2 * SECOND_MS, 45009: MINUTE_MS, 45033: MINUTE_MS},
    set_up={
        40001: "its key is wrong",
        40008: "it does not know this kind of message",
        40058: "the message is not as it wants it",
        41001: "its key is missing",
        44004: "the message is empty",
        45002: "the message is too long",
        60020: "this machine's IP address is not on its list",
        93000: "its key is wrong, or the robot is gone from its group",
        93004: "the robot has been switched off",
        93008: "the robot is not in the group any more",
    },
)


def _post(plugin: Any, title: str, text: str) -> Post:
    whole = f"{title}\n{text}".encode()[:TEXT_BYTES_MAX].decode("utf-8", "ignore")
    body = {"msgtype": "text", "text": {"content": whole}}
    return Post(plugin.api_url, msgspec.json.encode(body))


WECOM = Robot("wecombot", "WeCom", _post, CODES)
