"""What many open pages cost while nothing happens: the share of one core that the server needs for them.

The pages are real ones up to the browser: each is fetched and holds its own socket, as a tab does.
"""

import asyncio
import os
import re
import time
from pathlib import Path

import aiohttp
import socketio

SETTLE, WATCH = 5.0, 20.0  # seconds


async def idle_share(url: str, process_id: int, tabs: int) -> float:
    """The share of a core, 0 to 1, that the server uses beside ``tabs`` open pages of an idle store."""
    async with aiohttp.ClientSession() as session:
        opened = [await opened_page(session, url) for _ in range(tabs)]
        try:
            await asyncio.sleep(SETTLE)
            before, began = _cpu_seconds(process_id), time.monotonic()
            await asyncio.sleep(WATCH)
            return (_cpu_seconds(process_id) - before) / (time.monotonic() - began)
        finally:
            await asyncio.gather(*(client.disconnect() for client in opened))


async def opened_page(session: aiohttp.ClientSession, url: str) -> socketio.AsyncClient:
    """A page of the server that follows along until it is disconnected."""
    async with session.get(url) as answer:
        page = await answer.text()
    client_id = re.findall(r"'client_id': '([0-9a-f-]+)'", page)[0]
    message = re.findall(r"'next_message_id': (\d+)", page)[0]
    query = f"client_id={client_id}&next_message_id={message}&implicit_handshake=true"
    client = socketio.AsyncClient(reconnection=False)
    names = f"&document_id={client_id}&tab_id={client_id}&old_tab_id="
    await client.connect(f"{url}/?{query}{names}", socketio_path="/_nicegui_ws/socket.io", transports=["websocket"])
    return client


def _cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
