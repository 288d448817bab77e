"""P13: as it is installed the gateway speaks with nobody but this machine; what else it may speak
with stands in the settings, each off until a person names it."""

import re
from pathlib import Path

from gateway.settings import Settings
from gateway.settings.values import is_loopback

ROOT = Path(__file__).parents[2]
HOST = re.compile(r"https?://([A-Za-z0-9.-]+\.[a-z]{2,})")
# Named in the program: what robots and push services a person may switch on, and what is read.
KNOWN = {
    "open.feishu.cn",
    "oapi.dingtalk.com",
    "qyapi.weixin.qq.com",
    "sctapi.ftqq.com",
    "hc-ping.com",  # an example beside the setting `ping`, which is off
    "www.w3.org",  # the name of a kind of picture; nobody asks there
}


def test_p13_a_fresh_site_names_nobody_outside():
    settings = Settings()
    assert is_loopback(settings.broker.host)
    assert is_loopback(settings.console.host)
    for off in (
        settings.webhook.url,
        settings.webhook.events_url,
        settings.influx.url,
        settings.ping.url,
        settings.push.contact,
        settings.oidc.issuer,
        settings.home_assistant.host,
    ):
        assert off == "", off


def test_p13_no_file_of_the_gateway_names_a_host_that_is_not_known():
    named = {}
    for path in (ROOT / "gateway").rglob("*.py"):
        for host in HOST.findall(path.read_text("utf-8")):
            if not host.endswith(("example", "example.org", "example.com", "example.net")):
                named.setdefault(host, path.relative_to(ROOT).as_posix())
    assert named.keys() <= KNOWN, {h: p for h, p in named.items() if h not in KNOWN}
