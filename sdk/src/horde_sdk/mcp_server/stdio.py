"""The MCP server over standard input and output."""

from __future__ import annotations

import aiohttp
from mcp.server.stdio import stdio_server

from horde_sdk._version import __version__
from horde_sdk.ai_horde_api.async_simple_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.manual_clients import AIHordeAPIAsyncClientSession
from horde_sdk.client_agent import create_bridge_agent_string
from horde_sdk.mcp_server.over_sdk import SdkHorde
from horde_sdk.mcp_server.server import build_server


async def serve(url: str, apikey: str) -> None:
    """Serve until the program at the other end goes."""
    async with aiohttp.ClientSession() as http:
        session = AIHordeAPIAsyncClientSession(
            http,
            apikey=apikey,
            base_url=url,
            client_agent=create_bridge_agent_string("openhorde_mcp", __version__, "unknown"),
        )
        async with session:
            horde = SdkHorde(AIHordeAPIAsyncSimpleClient(horde_client_session=session))
            server = build_server(lambda _: horde, name="horde", version=__version__)
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())
