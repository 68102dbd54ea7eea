"""`horde mcp`: a horde as tools for a language model's program, over standard input and output."""

from __future__ import annotations

import sys

import typer

from horde_sdk.command_line.connection import HordeOption, KeyOption, horde_and_key


def mcp(horde: HordeOption = None, apikey: KeyOption = None) -> None:
    """Serve a horde as MCP tools over standard input and output: for programs of language models.

    In the program's settings: {"mcpServers": {"horde": {"command": "horde", "args": ["mcp", "--horde", "URL"]}}}
    """
    url, key = horde_and_key(horde, apikey)
    try:
        from horde_sdk.mcp_server.stdio import serve
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types", "jsonschema"):
            raise
        typer.echo("`horde mcp` needs a package that is not here: pip install 'openhorde-sdk[mcp]'", err=True)
        raise typer.Exit(1) from None
    if sys.stdin.isatty():
        typer.echo("Waiting for a program that speaks MCP; this is not for typing. End with Ctrl-C.", err=True)
    import asyncio  # what is heavy is loaded when it is needed

    asyncio.run(serve(url, key))
