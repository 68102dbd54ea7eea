"""MCP: this horde as tools for language models, at `/mcp` (gateway-mcp.md)."""
