"""`interrogation`, `aesthetic`, `caption`, the judge `clip`: the loading code, on models that are small and random."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from alchemy.small_networks import blip_folder, clip_folder
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.aesthetic import AestheticJudge
from horde_worker.backends.trained_alchemy.caption import Captioner
from horde_worker.backends.trained_alchemy.clip_model import ClipModel
from horde_worker.backends.trained_alchemy.form_options import FormOptions
from horde_worker.backends.trained_alchemy.interrogation import Interrogator, KeptWords
from horde_worker.backends.trained_alchemy.interrogation_words import WORDS
from horde_worker.safety.clip import ClipChecker
from horde_worker.safety.judgement import Judgement, Wanted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_folder(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def clip(folder: Path) -> ClipModel:
    return ClipModel(folder)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.effect_noise((90, 60), 80).convert("RGB")


def test_directions_are_those_of_transformers_own_way(clip: ClipModel, folder: Path, picture: Image.Image) -> None:
    """Pictures and words, of length one."""
    from transformers import AutoTokenizer, CLIPModel

    theirs = CLIPModel.from_pretrained(folder).eval()
    read = AutoTokenizer.from_pretrained(folder)(["a cat", "two dogs"], padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = theirs.get_text_features(**{name: read[name] for name in ("input_ids", "attention_mask")})
    rows = getattr(found, "pooler_output", found)
    expected = torch.nn.functional.normalize(rows, dim=-1).numpy()
    assert np.allclose(clip.words(["a cat", "two dogs"]), expected, atol=1e-5)
    assert clip.picture(picture).shape == (16,)
    assert np.linalg.norm(clip.picture(picture)) == pytest.approx(1, abs=1e-5)


def test_each_list_is_ranked_by_nearness(clip: ClipModel, picture: Image.Image) -> None:
    """Five of each, as shares of the list in percent; options come as text."""
    interrogator = Interrogator(clip)
    ranking = interrogator.interrogated(picture, FormOptions({}))
    assert set(ranking) == set(WORDS) == {"tags", "sites", "artists", "flavors", "mediums", "movements", "techniques"}
    for name, rows in ranking.items():
        confidences = [float(row["confidence"]) for row in rows]
        assert len(rows) == 5 and confidences == sorted(confidences, reverse=True)
        assert all(row["text"] in WORDS[name] for row in rows)
        cosines = clip.words(WORDS[name]) @ clip.picture(picture)
        assert rows[0]["text"] == WORDS[name][int(cosines.argmax())]
    whole = interrogator.interrogated(picture, FormOptions({"top_count": "50"}))
    assert sum(float(row["confidence"]) for row in whole["sites"]) == pytest.approx(100, abs=0.2)
    near = interrogator.interrogated(picture, FormOptions({"similarity": "true", "top_count": "1"}))
    assert len(near["tags"]) == 1 and abs(float(near["tags"][0]["confidence"])) <= 100


def test_where_words_point_is_kept(clip: ClipModel, picture: Image.Image, tmp_path: Path) -> None:
    """A broken file, or another model's, is not used."""
    first = Interrogator(clip, KeptWords(tmp_path / "kept", "one")).interrogated(picture, FormOptions({}))
    files = sorted((tmp_path / "kept").iterdir())
    assert len(files) == len(WORDS)

    class Deaf:
        sharpness = clip.sharpness
        picture = staticmethod(clip.picture)

        def words(self, texts: object) -> np.ndarray:
            raise AssertionError("asked though it is kept")

    deaf: Any = Deaf()
    again = Interrogator(deaf, KeptWords(tmp_path / "kept", "one"))
    assert again.interrogated(picture, FormOptions({})) == first
    with pytest.raises(AssertionError, match="asked though"):
        Interrogator(deaf, KeptWords(tmp_path / "kept", "two"))
    files[0].write_bytes(b"junk")
    assert Interrogator(clip, KeptWords(tmp_path / "kept", "one")).interrogated(picture, FormOptions({})) == first
    (tmp_path / "file").touch()  # a folder that cannot be made costs seconds, not the form
    assert Interrogator(clip, KeptWords(tmp_path / "file", "one")).interrogated(picture, FormOptions({})) == first


def test_a_head_of_linear_layers_scores_from_0_to_10(clip: ClipModel, picture: Image.Image, tmp_path: Path) -> None:
    """In the order of their numbers, whatever order they were saved in."""
    layers = {
        "layers.10.weight": torch.ones(1, 4),
        "layers.2.weight": torch.randn(4, 16),
        "layers.2.bias": torch.ones(4),
    }
    torch.save(layers, tmp_path / "head.pth")
    expected = float((layers["layers.2.weight"].numpy() @ clip.picture(picture) + 1).sum())
    score = AestheticJudge(clip, tmp_path / "head.pth").score(picture)
    assert score == pytest.approx(min(max(expected, 0), 10), abs=0.01)
    save_file({"weight": torch.zeros(1, 16), "bias": torch.full((1,), 99.0)}, tmp_path / "head.safetensors")
    assert AestheticJudge(clip, tmp_path / "head.safetensors").score(picture) == 10.0


@pytest.mark.parametrize("sizes", [[(2, 16)], [(4, 16), (1, 5)], []])
def test_a_head_that_is_none_is_told(clip: ClipModel, tmp_path: Path, sizes: list[tuple[int, int]]) -> None:
    """Two numbers at its end, layers that do not fit, or no layers."""
    torch.save(
        {f"layers.{place}.weight": torch.zeros(*size) for place, size in enumerate(sizes)}, tmp_path / "head.pth"
    )
    with pytest.raises(BackendFailure, match="is no head of linear layers"):
        AestheticJudge(clip, tmp_path / "head.pth")


async def test_clip_judges_by_pairs_of_descriptions(clip: ClipModel, picture: Image.Image) -> None:
    """With random weights it knows nothing: every share is near a half, and nothing is sure."""
    checker = ClipChecker(clip)
    seen = checker.seen(picture)
    assert len(seen.child) == len(seen.lewd) == 6
    assert all(0 <= share <= 1 for share in (*seen.child, *seen.lewd))
    assert isinstance(await checker.judge(picture, Wanted("a fox")), Judgement)


def test_a_caption_has_the_asked_length(tmp_path: Path, picture: Image.Image) -> None:
    """The same each time, unless sampling is asked for; options out of bounds are brought within."""
    captioner = Captioner(blip_folder(tmp_path / "blip"))
    short = {"min_length": "2", "max_length": "6", "num_beams": "2"}
    made = captioner.captioned(picture, FormOptions(short), lambda: False)
    assert made == captioner.captioned(picture, FormOptions(short), lambda: False)
    assert len(made.split()) <= 6
    strange = {"min_length": "900", "max_length": "-4", "num_beams": "1000", "top_p": "0.5", "repetition_penalty": "x"}
    assert isinstance(captioner.captioned(picture, FormOptions(strange), lambda: False), str)
    stop = threading.Event()
    stop.set()
    with pytest.raises(BackendFailure, match="stopped"):
        captioner.captioned(picture, FormOptions({}), stop.is_set)


@pytest.mark.parametrize("opened", [ClipModel, Captioner])
def test_a_folder_without_safetensors_is_told(opened: type, folder: Path, tmp_path: Path) -> None:
    """Pickled weights are not read."""
    (tmp_path / "bad").mkdir()
    for one in folder.iterdir():
        if one.suffix != ".safetensors":
            os.link(one, tmp_path / "bad" / one.name)
    torch.save({}, tmp_path / "bad" / "pytorch_model.bin")
    with pytest.raises(BackendFailure, match="bad is no"):
        opened(tmp_path / "bad")
