"""Pictures half made, without the cost of decoding: colours as a linear guess from latents. Needs torch."""

from __future__ import annotations

from typing import Any, Final, Self

import torch
from PIL import Image

_SIDE: Final = 16
_SAMPLES: Final = 4


class PreviewMap:
    """From a latent pixel to a colour, fitted to what the model's own decoder makes of smooth noise."""

    def __init__(self, weights: Any) -> None:
        self._weights = weights

    @classmethod
    def of(cls, vae: Any, decode: Any) -> Self:
        """A least squares fit; `decode` turns latents into pictures from -1 to 1. It takes some small pictures."""
        dice = torch.Generator("cpu").manual_seed(0)
        channels = vae.config.latent_channels
        coarse = torch.randn((_SAMPLES, channels, _SIDE // 4, _SIDE // 4), generator=dice)
        latents = torch.nn.functional.interpolate(coarse, size=(_SIDE, _SIDE), mode="bicubic")
        with torch.inference_mode():
            pictures = decode(latents.to(vae.device, vae.dtype)).float().cpu()
        small = torch.nn.functional.adaptive_avg_pool2d(pictures, (_SIDE, _SIDE))
        rows = _rows(latents)
        return cls(torch.linalg.lstsq(rows, small.permute(0, 2, 3, 1).reshape(-1, 3)).solution)

    def picture(self, latents: Any) -> Image.Image:
        """Of one picture's latents: a pixel for each of them."""
        latents = latents.detach().float().cpu()
        colours = (_rows(latents[None]) @ self._weights).reshape(*latents.shape[1:], 3)
        return Image.fromarray(((colours.clamp(-1, 1) + 1) * 127.5).byte().numpy(), "RGB")


def _rows(latents: Any) -> Any:
    """A row for each latent pixel, with a one at its end."""
    flat = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    return torch.cat([flat, torch.ones(len(flat), 1)], dim=1)
