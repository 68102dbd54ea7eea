"""A server that speaks AUTOMATIC1111's API by one of the contracts, and refuses what is not in it.

It paints one colour by the seed, one thing at a time, in steps that a test may hold; and it writes into its files what
the real ones write.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable
from typing import Any

from a1111_contract import CONTROL_MODELS, CONTROL_UNIT, Contract, breaches
from aiohttp import web
from PIL import Image, ImageOps, PngImagePlugin

SECRET_INFO = "a prompt that nobody else may see"


class PlayedA1111:
    """One server. `breaches` is what came that the documents do not have."""

    def __init__(self, contract: Contract, *, auth: str = "") -> None:
        self.contract = contract
        self.modules = list(contract.control_modules)
        self.auth = auth
        self.breaches: list[str] = []
        self.bodies: list[tuple[str, Any]] = []
        self.interrupted: list[str] = []
        self.titles = ["deliberate_v2.safetensors [9aba26abdf]", "sdxl/juggernautXL_v9.safetensors [c9e3e68f89]"]
        self.loras = [{"name": "pixel-art", "alias": "pixelart_v1", "path": "/l/pixel-art.safetensors",
                       "metadata": {"modelspec.trigger_phrase": "pixelart, sprite"}}]  # fmt: skip
        self.embeddings: dict[str, dict[str, Any]] = {
            "loaded": {"bad-hands": {"shape": 768, "vectors": 1}},
            "skipped": {"xl-neg": {}},
        }
        self.new_loras: list[dict[str, Any]] = []
        self.new_embeddings: dict[str, Any] = {}
        self.has_grid = False
        self.has_maps = False
        self.ignores_model = False
        self.without_weights: set[str] = set()
        self.surprise: Callable[[str, Any], web.StreamResponse | None] = lambda path, body: None
        self.may_paint = asyncio.Event()
        self.may_paint.set()
        self.began = asyncio.Event()
        self.step, self.steps = 0, 0
        self.passes = 1
        self.current_task = ""
        self.is_painting = False
        self.is_interrupted = asyncio.Event()
        self.queued: list[str] = []
        self._turn = asyncio.Lock()
        self._model = self.titles[0]
        self._works: set[asyncio.Task[web.StreamResponse]] = set()
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        self.url = ""

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """It dies: whoever waits for an answer loses the connection."""
        for work in self._works:
            work.cancel()
        await self._runner.cleanup()

    def sent(self, path: str) -> list[Any]:
        """The bodies that came to this address."""
        return [body for where, body in self.bodies if where == path]

    def last(self, path: str = "/sdapi/v1/txt2img") -> Any:
        return self.sent(path)[-1]

    async def use_it_oneself(self, done: asyncio.Event) -> None:
        """The owner's own picture, until `done`."""
        async with self._turn:
            self._at_work("task(txt2img-OWNER)")
            await done.wait()
            self._idle()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 28, middlewares=[self._middleware])
        app.router.add_route("*", "/{path:.*}", self._any)
        return app

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.auth:
            wanted = base64.b64encode(self.auth.encode()).decode()
            if request.headers.get("Authorization") != f"Basic {wanted}":
                return web.json_response({"detail": "Incorrect username or password"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _any(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if request.method == "GET":
            return self._get(path, request)
        schema = self.contract.bodies.get(path)
        if request.method != "POST" or schema is None:
            if not path.startswith("/sdapi/v1/refresh-"):  # some have no such address, and are asked all the same
                self.breaches.append(f"no {request.method} {path}")
            return web.json_response({"detail": "Not Found"}, status=404)
        body = await request.json() if request.can_read_body else {}
        self.bodies.append((path, body))
        if (found := self.surprise(path, body)) is not None:
            return found
        if wrong := [*breaches(schema, body), *self._unknown(path, body)]:
            self.breaches += [f"{path}: {one}" for one in wrong]
            return web.json_response({"detail": wrong}, status=422)
        return await self._post(path, body)

    def _get(self, path: str, request: web.Request) -> web.StreamResponse:
        if (found := self.surprise(path, None)) is not None:
            return found
        contract = self.contract
        if path == "/sdapi/v1/progress":
            if not contract.is_whole:
                return web.json_response({"detail": "Not Found"}, status=404)
            return web.json_response(self._progress(request.query.get("skip_current_image") == "false"))
        answers: dict[str, Any] = {
            "/sdapi/v1/options": contract.options,
            "/sdapi/v1/sd-models": [self._checkpoint(title) for title in self.titles],
            "/sdapi/v1/samplers": contract.samplers,
            **contract.own_addresses,
        }
        if contract.is_whole:
            answers |= {
                "/sdapi/v1/scripts": {"txt2img": ["controlnet"] if contract.has_control else [], "img2img": []},
                "/sdapi/v1/upscalers": [{"name": name, "scale": 4} for name in contract.upscalers],
                "/sdapi/v1/face-restorers": [{"name": name, "cmd_dir": None} for name in contract.face_restorers],
                "/sdapi/v1/loras": self.loras,
                "/sdapi/v1/embeddings": self.embeddings,
                "/sdapi/v1/memory": {"ram": {}, "cuda": {"system": {"free": 1, "used": 1, "total": 12 << 30}}},
            }
        if contract.schedulers is not None:
            answers["/sdapi/v1/schedulers"] = contract.schedulers
        if contract.latent_modes is not None:
            answers["/sdapi/v1/latent-upscale-modes"] = [{"name": name} for name in contract.latent_modes]
        if contract.has_control:
            answers["/controlnet/module_list"] = {"module_list": self.modules}
            answers["/controlnet/model_list"] = {"model_list": CONTROL_MODELS}
        if path in answers:
            return web.json_response(answers[path])
        if path == contract.caption_path:
            return web.json_response({"detail": "Method Not Allowed"}, status=405)
        return web.json_response({"detail": "Not Found"}, status=404)

    async def _post(self, path: str, body: Any) -> web.StreamResponse:
        if path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img"):
            work = asyncio.ensure_future(self._paint(body))  # goes on when nobody waits for it any more
            self._works.add(work)
            work.add_done_callback(self._works.discard)
            return await asyncio.shield(work)
        if path == "/sdapi/v1/unload-checkpoint":
            return web.json_response({})
        if path == "/sdapi/v1/interrupt":
            self.interrupted.append(self.current_task)
            self.is_interrupted.set()
            status = self.contract.stops_with
            return web.Response(status=status) if status == 204 else web.json_response({})
        if path == "/internal/progress":
            task = body["id_task"]
            active = task == self.current_task
            return web.json_response({"active": active, "queued": task in self.queued, "completed": False})
        if path == "/sdapi/v1/refresh-loras":
            self.loras += self.new_loras
            return web.json_response(None)
        if path == "/sdapi/v1/refresh-embeddings":
            self.embeddings["loaded"].update(self.new_embeddings)
            return web.json_response(None)
        if path == "/controlnet/detect":
            return web.json_response({"images": [encoded(Image.new("RGB", (512, 512), "white"))], "info": "Success"})
        if path == "/sdapi/v1/extra-single-image":
            picture = opened(body["image"])
            factor = body.get("upscaling_resize", 2)
            larger = picture.resize((int(picture.width * factor) // 8 * 8, int(picture.height * factor) // 8 * 8))
            if body.get("upscaler_1", "None") not in {"None", *self.without_weights}:
                larger = ImageOps.posterize(larger.convert("RGB"), 3)  # stands for what an upscaler adds
            return web.json_response({"html_info": "", "image": encoded(larger)})
        return web.json_response({"caption": "a fox in the snow, by nobody"})

    async def _paint(self, body: Any) -> web.StreamResponse:
        task = body.get("force_task_id", "task(api)")
        self.queued.append(task)
        async with self._turn:
            self.queued.remove(task)
            self._at_work(task)
            self.steps = body["steps"]
            try:
                for step in range(1, self.steps + 1):
                    self.step = step
                    if step == max(1, self.steps // 2):
                        self.began.set()
                        await _first(self.may_paint, self.is_interrupted)
            finally:
                self._idle()
        wished = body.get("override_settings", {}).get("sd_model_checkpoint", self._model)
        if wished in self.titles and not self.ignores_model:
            self._model = wished
        return web.json_response(self._pictures(body))

    def _pictures(self, body: Any) -> dict[str, Any]:
        size = (body.get("hr_resize_x") or body["width"], body.get("hr_resize_y") or body["height"])
        count = body.get("batch_size", 1)
        tiling = self.contract.tiles and body.get("tiling", False)
        seeds = [body["seed"] + place for place in range(count)]
        pictures = [encoded(Image.new("RGB", size, colour_of(seed, tiling=tiling)), SECRET_INFO) for seed in seeds]
        grid = [encoded(Image.new("RGB", (size[0] * count, size[1]), "black"))] if self.has_grid else []
        maps = [encoded(Image.new("RGB", size, "white"))] if self.has_maps else []
        info = {
            "prompt": body["prompt"],
            "all_seeds": seeds,
            "index_of_first_image": len(grid),
            "infotexts": [SECRET_INFO],
            "sd_model_name": self._checkpoint(self._model)["model_name"],
        }
        whole = self.contract.is_whole
        return {"images": grid + pictures + maps, "parameters": {}, "info": json.dumps(info) if whole else ""}

    def _progress(self, with_picture: bool) -> dict[str, Any]:
        state = {
            "job": "scripts_txt2img" if self.is_painting else "",
            "job_count": self.passes if self.is_painting else 0,
            "job_no": 0,
            "sampling_step": self.step,
            "sampling_steps": self.steps,
        }
        share = self.step / self.steps / self.passes if self.steps else 0.0
        picture = encoded(Image.new("RGB", (64, 64), "gray")) if with_picture and self.is_painting else None
        return {"progress": share, "eta_relative": 1.0, "state": state, "current_image": picture, "textinfo": None}

    def _unknown(self, path: str, body: Any) -> list[str]:
        """Values that are not among those the server has."""
        found = []
        if (sampler := body.get("sampler_name")) and sampler not in [one["name"] for one in self.contract.samplers]:
            found.append(f"Sampler not found: {sampler}")
        labels = [one.get("label") for one in self.contract.schedulers or []]
        if "scheduler" in body and body["scheduler"] not in labels:
            found.append(f"no scheduler {body['scheduler']}")
        if any(body.get(side, 8) % 8 for side in ("width", "height", "hr_resize_x", "hr_resize_y")):
            found.append("sides are multiples of 8")
        if "hr_upscaler" in body and body["hr_upscaler"] not in [
            *(self.contract.latent_modes or []),
            *self.contract.upscalers,
        ]:
            found.append(f"no upscaler {body['hr_upscaler']}")
        if "upscaler_1" in body and body["upscaler_1"] not in self.contract.upscalers:
            found.append(f"no upscaler {body['upscaler_1']}")
        if unknown := set(body.get("override_settings", {})) - set(self.contract.options):
            found.append(f"no settings {sorted(unknown)}")
        scripts = body.get("alwayson_scripts", {})
        if set(scripts) - ({"controlnet"} if self.contract.has_control else set()):
            found.append(f"no scripts {sorted(scripts)}")
        for unit in scripts.get("controlnet", {}).get("args", []):
            found += breaches(CONTROL_UNIT, unit)
            if unit["module"] not in self.modules or unit["model"] not in CONTROL_MODELS:
                found.append(f"no control {unit['module']} {unit['model']}")
        return found

    def _at_work(self, task: str) -> None:
        self.current_task, self.is_painting = task, True
        self.step, self.steps = 0, 0
        self.is_interrupted.clear()

    def _idle(self) -> None:
        self.current_task, self.is_painting = "", False
        self.step, self.steps = 0, 0

    @staticmethod
    def _checkpoint(title: str) -> dict[str, Any]:
        file, _, short = title.partition(" [")
        return {
            "title": title,
            "model_name": file.removesuffix(".safetensors").replace("/", "_"),
            "hash": short.rstrip("]"),
            "sha256": None,
            "filename": f"/models/Stable-diffusion/{file}",
            "config": None,
        }


def colour_of(seed: int, *, tiling: bool = False) -> tuple[int, int, int]:
    """What a seed is painted in."""
    return seed % 256, seed // 256 % 256, 177 if tiling else 77


def encoded(picture: Image.Image, info: str = "") -> str:
    """PNG in base64, with `info` as the programs write it."""
    held = io.BytesIO()
    notes = PngImagePlugin.PngInfo()
    if info:
        notes.add_text("parameters", info)
    picture.save(held, "PNG", pnginfo=notes)
    return base64.b64encode(held.getvalue()).decode()


def opened(image: str) -> Image.Image:
    """The picture of such a text."""
    return Image.open(io.BytesIO(base64.b64decode(image)))


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
