"""Networks of other builds than ESRGAN's, by `spandrel`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.body_detector import BodyDetector
from horde_worker.backends.trained_alchemy.faces import FaceFixer, torch_restorer
from horde_worker.backends.trained_alchemy.torch_upscaler import opened_torch_upscaler


def test_a_compact_network_is_known(tmp_path: Path) -> None:
    """It does what the network itself does."""
    from spandrel.architectures.Compact import Compact

    torch.manual_seed(3)
    network = Compact(num_feat=8, num_conv=2, upscale=2).eval()
    torch.save(network.state_dict(), tmp_path / "compact.pth")
    opened = opened_torch_upscaler(tmp_path / "compact.pth", threads=1)
    source = np.random.default_rng(4).random((3, 20, 14), dtype=np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(source)[None])[0].clamp(0, 1).numpy()
    assert opened.factor == 2
    assert np.allclose(opened(source), expected, atol=1e-5)


def test_a_network_that_is_no_face_fixer_is_found_out(tmp_path: Path) -> None:
    """An upscaler makes a larger face: the form is not offered."""
    from spandrel.architectures.Compact import Compact

    torch.save(Compact(num_feat=8, num_conv=2, upscale=2).state_dict(), tmp_path / "compact.pth")
    fixer = FaceFixer(torch_restorer(tmp_path / "compact.pth"), BodyDetector.open(threads=1))
    with pytest.raises(BackendFailure, match="the face fixer made"):
        fixer.tried()


def test_what_spandrel_does_not_know_is_told(tmp_path: Path) -> None:
    """By its file's name."""
    torch.save({"some.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(BackendFailure, match="other is of no build that spandrel knows"):
        opened_torch_upscaler(tmp_path / "other.pth", threads=1)
