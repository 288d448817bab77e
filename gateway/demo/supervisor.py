"""`menshen demo`: starts every part, shows the page, and ends with nothing left running.

Ctrl-C, SIGTERM and a closed terminal end it in order; should it be killed itself, its children
die with it (link/parent_death_signal.py).
"""

import asyncio
import contextlib
import shutil
import signal
import socket
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import aiohttp
import uvicorn

from gateway.demo import house, seen, walk_tests
from gateway.demo.app import DemoActions, build
from gateway.demo.broker import start_broker
from gateway.demo.building_client import BuildingClient
from gateway.demo.child import ChildError
from gateway.demo.gateway_process import GatewayProcess
from gateway.demo.ports import listen
from gateway.demo.power_cut import PowerCut
from gateway.demo.view_model import ViewModel
from gateway.language.error_words import why_not
from gateway.store.database import Store, StoreError

PORT = 8420
BROKER_STOP_S = 3.0
HEARD_S = 30.0  # every seal says its first word within this time, or the page opens without
_STARTING = "门神 Menshen: 正在启动 · starting: broker, gateway, twelve seals ..."
_READY = """
   打开 Open    {url}

   Ctrl-C 结束，不留任何进程 · ends it and leaves nothing running
"""


def run(port: int | None = None, open_page: bool = False) -> int:
    """The whole demo, until it is ended; the exit code. `port` None: 8420, or any if it is taken.

    `open_page` opens the address in this machine's browser.
    """
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal of ASCII
    try:
        with _page_socket(port) as page:
            asyncio.run(_until_ended(page, open_page))
    except (ChildError, StoreError) as error:
        _say(f"menshen: {error}", sys.stderr)
        return 1
    return 0


async def _until_ended(page: socket.socket, open_page: bool) -> None:
    """Play until a signal comes or a part fails. ChildError with what the part said."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, ended.set)
    _say(_STARTING)
    with _folder() as folder:
        (folder / "broker").mkdir()
        play = asyncio.create_task(_play(folder, page, open_page))
        end = asyncio.create_task(ended.wait())
        await asyncio.wait({play, end}, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        play.cancel()
        try:
            await play
        except asyncio.CancelledError:
            pass
        except ExceptionGroup as group:
            raise _first(group) from group


async def _play(folder: Path, page: socket.socket, open_page: bool) -> None:
    """Start the parts in order, and end them in the opposite one."""
    async with contextlib.AsyncExitStack() as parts:
        broker, broker_port = await start_broker(folder / "broker")
        parts.push_async_callback(broker.stop, BROKER_STOP_S)
        living = house.households()
        view_model = ViewModel([home.door_id for home in living])
        gateway_process = GatewayProcess(folder, broker_port, view_model.touch)
        view_model.gateway_process = gateway_process
        store = Store.open(gateway_process.database)
        parts.callback(store.close)
        house.enrol(store, living, time.time_ns() // 1_000_000)
        # What comes packed goes on as it came.
        http = await parts.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        parts.push_async_callback(gateway_process.stop)
        await gateway_process.start(http)
        building = BuildingClient(folder / "building", living, broker_port, view_model.told)
        parts.push_async_callback(building.stop)
        await building.start()
        power_cut = PowerCut(view_model, gateway_process, building, http)
        app = build(view_model, gateway_process, DemoActions(building.move, power_cut.begin), http)
        async with asyncio.TaskGroup() as group:
            group.create_task(building.listen())
            group.create_task(_read(store, view_model, gateway_process, http))
            group.create_task(gateway_process.watch(http))
            group.create_task(power_cut.run())
            group.create_task(_serve(app, page))
            await _heard(view_model)
            await walk_tests.commission(store, living, building, view_model)
            url = f"http://127.0.0.1:{page.getsockname()[1]}/"
            _say(_READY.format(url=url))
            if open_page:
                await asyncio.to_thread(webbrowser.open, url)


async def _read(
    store: Store,
    view_model: ViewModel,
    gateway_process: GatewayProcess,
    http: aiohttp.ClientSession,
) -> None:
    """Read the gateway's database whenever it says that something is committed."""

    def read() -> seen.Seen:
        with store.reading() as connection:
            return seen.read(connection)

    async for _ in gateway_process.commits(http):
        view_model.saw(await asyncio.to_thread(read))


async def _heard(view_model: ViewModel) -> None:
    """Until every seal has said its first word: before that, no edge is an opening."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_S):
            while not view_model.is_heard():
                await view_model.changed(view_model.turn)


class _Guest(uvicorn.Server):
    """A server in somebody else's house: it leaves the signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: object, page: socket.socket) -> None:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type] # a FastAPI application
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=0,
        lifespan="off",
    )
    await _Guest(config).serve(sockets=[page])


def _page_socket(port: int | None) -> socket.socket:
    try:
        return listen(PORT if port is None else port)
    except OSError as error:
        if port is not None:
            raise ChildError(
                f"port {port} cannot be had: {why_not(error)}; name another"
            ) from error
        return listen(0)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for everything, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="menshen-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that the others followed from; ours before a bystander's."""
    first: BaseException = group.subgroup((ChildError, StoreError)) or group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _say(text: str, stream: TextIO | None = None) -> None:
    """Print; the terminal may be gone."""
    with contextlib.suppress(OSError):
        print(text, file=stream, flush=True)
