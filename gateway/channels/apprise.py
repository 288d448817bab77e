"""Pages through Apprise: SMS gateways, ntfy, mail, Telegram and a hundred more; and the robots of
WeCom, DingTalk, Feishu, Lark and ServerChan, whose answers Apprise does not read.

The address is one of Apprise's own; it often holds a secret, so it is never logged. Apprise answers
yes or no: its yes is believed as far as what its service answered (`overheard`) bears it out, and
where nothing could be overheard (mail, say) the page counts as handed over, not as taken.
"""

import asyncio
import logging
from collections import Counter
from typing import Any, Final, NamedTuple

from gateway.channels.channel import ChannelKind, DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.http_client import HttpClient, Request, UnreachableError
from gateway.channels.message import Wording
from gateway.channels.overheard import overheard
from gateway.channels.robots.listed import ROBOTS
from gateway.channels.robots.robot import Robot
from gateway.channels.threads import in_thread
from gateway.channels.verdict import UNPROVEN_MS, judged
from gateway.core.evidence import Evidence
from gateway.language.catalogue import N_
from gateway.settings import Settings
from gateway.settings.web_address import web_address
from gateway.store.outbox import Entry

PLACES: Final = 4  # threads of one address at a time
THREADS_MAX: Final = 128  # of all addresses
TIMEOUT_S: Final = 20.0
SHORT_MAX: Final = 480  # characters: a service that takes so few sends text messages
# Those of them that say that they take more, for they cut it into parts.
LONG_TEXT_MESSAGES: Final = frozenset({"smseagles", "cm", "octopush", "smstunnel", "telesign"})
ADDRESSES_KEPT: Final = 1_000  # plugins of robots, ready to be used


class Message(NamedTuple):
    """A page in words: a title with its text, and what a text message says in their place."""

    title: str
    text: str
    short: str


class AppriseChannel:
    """Sends pages to Apprise addresses."""

    def __init__(self, wording: Wording, client: HttpClient) -> None:
        self._wording, self._client = wording, client
        self._robots: dict[str, tuple[Any, Robot | None]] = {}
        self._busy: Counter[str] = Counter()  # address -> threads that have not ended

    async def send(self, entry: Entry) -> Evidence:
        """Send once: a robot's page from the loop, any other in a thread, for Apprise waits."""
        title, text = self._wording.text(entry)
        if may_be_robot(entry.address):
            plugin, robot = await self._robot_of(entry.address)
            if robot is not None:
                return await self._to_robot(robot, plugin, title, text)
        message = Message(title, text, self._wording.short(entry))
        return await self._by_apprise(entry.address, message)

    async def _robot_of(self, address: str) -> tuple[Any, Robot | None]:
        """Apprise's plugin of an address, and the robot if it is one's."""
        if address not in self._robots:
            plugin = await in_thread(lambda: _plugin(address), "apprise")
            if len(self._robots) >= ADDRESSES_KEPT:
                self._robots.clear()
            robot = ROBOTS.get(str(getattr(plugin, "secure_protocol", "")))
            self._robots[address] = plugin, robot
        return self._robots[address]

    async def _by_apprise(self, address: str, message: Message) -> Evidence:
        """In a thread that keeps its place until it has ended, however long its service takes."""
        if self._busy[address] >= PLACES or self._busy.total() >= THREADS_MAX:
            raise DeliveryError("its service has not answered about earlier pages yet")

        def ended() -> None:
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]

        self._busy[address] += 1
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await in_thread(lambda: _notify(address, message), "apprise", ended)
        except TimeoutError:
            raise DeliveryError(f"no answer within {TIMEOUT_S:.0f} s") from None

    async def _to_robot(self, robot: Robot, plugin: Any, title: str, text: str) -> Evidence:
        post = robot.post(plugin, title, text)
        request = Request(web_address(post.url), post.body, {"Content-Type": post.content_type})
        try:
            answer = await self._client.post(request)
        except UnreachableError as error:
            raise DeliveryError(f"{robot.name} cannot be reached ({error})") from None
        return robot.judged(answer)

    async def close(self) -> None:
        """Let go of the connections to robots. A thread that waits ends by itself."""
        await self._client.close()


def check(address: str) -> None:
    """Whether Apprise knows the address and makes a service of it; ValueError with why not.

    Its import takes half a second.
    """
    if "://" not in address:
        raise ValueError("it is no address of Apprise's: it has no ://")
    if _plugin(address) is None:
        raise ValueError("Apprise cannot make anything of it")


def may_be_robot(address: str) -> bool:
    """Whether it may be a robot's; a web address may be one's as its provider shows it."""
    scheme = address.partition("://")[0].lower()
    return scheme in ROBOTS or scheme in ("http", "https")


def _plugin(address: str) -> Any:
    """Apprise's service of an address, or None."""
    import apprise  # half a second to import, and most sites start without it

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines can hold addresses
    try:
        return apprise.Apprise.instantiate(address, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - a hundred plugins of others, each with its own mistakes
        return None


def is_text_message(plugin: Any) -> bool:
    """Whether a service of Apprise's sends text messages (SMS), or takes no more than they hold."""
    is_named = str(getattr(plugin, "secure_protocol", "")) in LONG_TEXT_MESSAGES
    most = getattr(plugin, "body_maxlen", SHORT_MAX + 1)
    return is_named or (isinstance(most, int) and most <= SHORT_MAX)


def _notify(address: str, message: Message) -> Evidence:
    plugin = _plugin(address)
    if plugin is None:
        raise DeliveryError("this is no address that Apprise knows", permanent=True)
    is_short = is_text_message(plugin)
    title, text = ("", message.short) if is_short else (message.title, message.text)
    with overheard() as heard:
        try:
            # The plugin's own call: through Apprise's it would wait in a pool of six threads for
            # all services, behind the slowest.
            taken = plugin.notify(body=text, title=title, body_format="text")
        except Exception as error:  # noqa: BLE001 - a hundred plugins of others: their weather
            raise DeliveryError(f"Apprise failed with {type(error).__name__}") from None
    return _proved(str(plugin.service_name), bool(taken), heard)


def _proved(name: str, taken: bool, heard: list[Answer | UnreachableError]) -> Evidence:
    """What Apprise's yes or no is worth, by what its service answered."""
    if heard and isinstance(heard[-1], UnreachableError):
        raise DeliveryError(f"{name} cannot be reached ({heard[-1]})")
    evidence = Evidence.QUEUED
    for answer in heard:
        is_other = answer is not heard[-1]  # of another recipient at the same address
        if isinstance(answer, Answer) and not (is_other and not 200 <= answer.status < 300):
            evidence = judged(answer, name)
    if not taken:
        raise DeliveryError(f"{name} did not take it", wait_ms=UNPROVEN_MS)
    return evidence


def _open(settings: Settings) -> AppriseChannel:
    return AppriseChannel(Wording.of(settings), HttpClient())


APPRISE = ChannelKind("apprise", "apprise:<address>", N_("message"), check, _open, PLACES)
