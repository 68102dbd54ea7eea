"""A program that paints over HTTP, as a real process: started, killed and started again by tests.

`GET /models` says what it has. `POST /paint` answers a PNG; while the file `hold` lies in its folder, it waits, and
tells of its first request by the file `asked`.
"""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

from aiohttp import web
from PIL import Image

LOOK_EVERY_S = 0.01


async def serve(port: int, folder: Path) -> None:
    """Until the process ends."""
    app = web.Application()

    async def models(_request: web.Request) -> web.Response:
        return web.json_response(["paint"])

    async def paint(_request: web.Request) -> web.Response:
        (folder / "asked").touch()
        while (folder / "hold").exists():
            await asyncio.sleep(LOOK_EVERY_S)
        png = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(png, "PNG")
        return web.Response(body=png.getvalue(), content_type="image/png")

    app.router.add_get("/models", models)
    app.router.add_post("/paint", paint)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
