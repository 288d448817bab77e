"""A push service as Firefox speaks to its own: a line that the browser keeps open, by which it
subscribes and takes messages. Who asks is checked as in push_service.py; nobody here can open what
is carried, for the keys are the browser's own."""

import base64
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.channels.push_service import PushService


@dataclass
class FirefoxPushService(PushService):
    """Its browsers by their id, and where each subscription leads."""

    lines: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    channels: dict[str, tuple[str, str]] = field(default_factory=dict)  # token: browser, channel
    taken: int = 0  # messages that a worker has had

    def routes(self, app: web.Application) -> None:
        """The browser's line, and where the gateway posts."""
        app.router.add_get("/", self._line)
        app.router.add_post("/push/{token}", self._carry)

    async def forget(self) -> None:
        """As if this service had lost all it knew: the browsers begin anew when they come back."""
        self.channels.clear()
        for line in list(self.lines.values()):
            await line.close()
        self.lines.clear()

    async def _line(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse(protocols=("push-notification",))
        await line.prepare(request)
        async for message in line:
            if message.type is WSMsgType.TEXT:
                await self._answer(line, message.data, message.json())
        return line

    async def _answer(self, line: web.WebSocketResponse, text: str, said: dict[str, Any]) -> None:
        match said.get("messageType"):
            case None:
                await line.send_str(text)  # a ping
            case "hello":
                known = said.get("uaid") if said.get("uaid") in self.lines else None
                browser = known or uuid.uuid4().hex
                self.lines[browser] = line
                hello = {"uaid": browser, "status": 200, "use_webpush": True, "broadcasts": {}}
                await line.send_json({"messageType": "hello", **hello})
            case "register":
                token = uuid.uuid4().hex
                browser = next(one for one, its in self.lines.items() if its is line)
                self.channels[token] = browser, said["channelID"]
                where = {"channelID": said["channelID"], "status": 200}
                where["pushEndpoint"] = f"{self.origin}/push/{token}"
                await line.send_json({"messageType": "register", **where})
            case "unregister":
                gone = {"channelID": said["channelID"], "status": 200}
                await line.send_json({"messageType": "unregister", **gone})
            case "ack":
                self.taken += len(said["updates"])

    async def _carry(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.match_info["token"] not in self.channels:
            return web.Response(status=410)
        try:
            self.check(request.headers, body)
        except Exception as error:  # noqa: BLE001 - a test reads it
            self.refused.append(f"{type(error).__name__}: {error}")
            return web.Response(status=403)
        browser, channel = self.channels[request.match_info["token"]]
        sealed = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
        message = {"channelID": channel, "version": uuid.uuid4().hex, "data": sealed}
        message |= {"ttl": int(request.headers["TTL"]), "headers": {"encoding": "aes128gcm"}}
        await self.lines[browser].send_json({"messageType": "notification", **message})
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/1"})
