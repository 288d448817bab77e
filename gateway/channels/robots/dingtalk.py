"""DingTalk's group robot (钉钉群机器人): 20 messages a minute, then ten minutes closed."""

from typing import Any, Final

import msgspec

from gateway.channels.robots.robot import Codes, Post, Robot
from gateway.core.duration import MINUTE_MS, SECOND_MS

CODES: Final = Codes(
    fields=("errcode",),
    success=0,
    later={-1: 2 * SECOND_MS, 130101: 10 * MINUTE_MS, 410100: 10 * MINUTE_MS},
    set_up={
        40035: "the message is not as it wants it",
        43004: "it wants another kind of content",
        300001: "its token is wrong",
        300005: "its token does not exist",
        310000: "its security settings refuse the message",
        400013: "the group does not exist any more",
        400101: "its token is missing or wrong",
        400102: "the robot has been switched off",
        400105: "it does not know this kind of message",
        400106: "the robot does not exist any more",
    },
    refine=lambda code, said: _security(said) if code == 310000 else None,
)

# The one code whose words must be read: which of the robot's security settings it is.
_SECURITY: Final = (
    ("keyword", "no keyword of its list stands in the message; add 门神 and Menshen to its list"),
    ("关键词", "no keyword of its list stands in the message; add 门神 and Menshen to its list"),
    ("timestamp", "this machine's clock is wrong, so the signature is not believed"),
    ("sign", "the secret in the address does not fit its signature"),
    ("签名", "the secret in the address does not fit its signature"),
    ("ip", "this machine's IP address is not on its list"),
)


def _security(said: str) -> str | None:
    text = said.lower()
    return next((why for word, why in _SECURITY if word in text), None)


def _post(plugin: Any, title: str, text: str) -> Post:
    url = plugin.notify_url.format(token=plugin.token)
    if plugin.secret:
        timestamp, signature = plugin.get_signature()
        url += f"&timestamp={timestamp}&sign={_once_quoted(signature)}"
    body = {
        "msgtype": "text",
        "text": {"content": f"{title}\n{text}"},
        "at": {"atMobiles": plugin.targets, "isAtAll": False},
    }
    return Post(url, msgspec.json.encode(body))


def _once_quoted(signature: str) -> str:
    """Percent-encoded once, whether Apprise has done so or not."""
    return signature if "%" in signature else signature.replace("+", "%2B").replace("/", "%2F")


DINGTALK = Robot("dingtalk", "DingTalk", _post, CODES)
