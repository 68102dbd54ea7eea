"""A horde as tools for language models: an MCP server, for any horde (`horde mcp`) and within our own server.

Needs the extra `mcp`; nothing here is imported before it is used.
"""
