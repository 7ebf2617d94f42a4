"""A text codec without weights: each word is the sum of what its letters hash to.

A row is a word, a number, a Chinese, Japanese or Korean character, or a punctuation mark. Its vector adds up the word itself and its
pieces of three letters, so that `hold` and `holding` are near each other, and something of its position; the vector of a piece is
read off SHAKE-128 of its letters. Numbers are small integers until one division, so a prompt has the same rows on every machine.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_model.codecs.text_rows import MAX_TOKENS, kept_tokens

VERSION = 1
"""Changes when the rows of any prompt do."""

SMALLEST_DIM = 8
PIECE = 3
"""Letters of a word's piece; `<` and `>` mark its ends."""

WHOLE_WORD = 2
"""How much a word counts against one of its pieces: most of it is shared by words that are spelled alike."""

LITTLE = 1 / 4
"""What articles and the like count."""

COMMON = frozenset("a an and are as at by for from in is it its of on or that the this to with".split())  # noqa: SIM905

POSITION = 1 / 4
"""Length of the position's part against the word's."""

FIRST_PERIOD, KINDS = 8, 8
"""Words of the shortest wave of positions, and how many kinds of waves there are."""

END = "</s>"
"""The row after the last word; all that an empty prompt has."""

BYTE_DEVIATION = math.sqrt((256**2 - 1) / 12)
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\w\s]|_"
)


class HashedTextCodec:
    """See the module."""

    name = "hashed-text"

    def __init__(self, dim: int = 64, max_tokens: int = MAX_TOKENS) -> None:
        """Take the length of a row and the most rows of a prompt.

        Raises:
            ValueError: rows shorter than 8, or fewer than one.
        """
        if dim < SMALLEST_DIM or max_tokens < 1:
            raise ValueError(
                f"hashed text of {max_tokens} rows of {dim}; give at least 1 row, and {SMALLEST_DIM} numbers a row"
            )
        self.dim = dim
        self.max_tokens = max_tokens
        self.key = f"{self.name}-{VERSION}:dim={dim},tokens={max_tokens}"

    def encode(self, prompt: str) -> Tensor:
        """Rows (L, dim), float32, of about unit variance: the words, then the end.

        Words beyond `max_tokens - 1` are left out, with a log line.
        """
        words = words_of(prompt)
        kept = kept_tokens(prompt, len(words) + 1, self.max_tokens)
        rows = [
            _word(word, self.dim) + POSITION * _position(place, self.dim)
            for place, word in enumerate([*words[: kept - 1], END])
        ]
        return torch.from_numpy(np.stack(rows).astype(np.float32))


def words_of(prompt: str) -> list[str]:
    """A prompt's words in small letters, its characters where words aren't spaced, and its punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", prompt).casefold())


@lru_cache(maxsize=4096)
def _word(word: str, dim: int) -> NDArray[np.float64]:
    marked = f"<{word}>"
    pieces = [marked[start : start + PIECE] for start in range(max(len(marked) - PIECE + 1, 0))]
    total = WHOLE_WORD * _hash(f"word {word}", dim)
    for piece in pieces:
        total += _hash(f"piece {piece}", dim)
    length = math.sqrt(WHOLE_WORD**2 + len(pieces))
    little = word in COMMON or not any(character.isalnum() for character in word)
    return total / (BYTE_DEVIATION * length) * (LITTLE if little else 1)


def _hash(text: str, dim: int) -> NDArray[np.float64]:
    """The first `dim` bytes of the hash, less their mean: multiples of one half."""
    return np.frombuffer(hashlib.shake_128(text.encode()).digest(dim), dtype=np.uint8) - 127.5


def _position(place: int, dim: int) -> NDArray[np.float64]:
    """Triangle waves of the periods 8, 16, 32 and 64, each twice, a quarter apart: neighbours have nearby vectors."""
    kinds = np.arange(dim) % KINDS
    periods = FIRST_PERIOD * 2 ** (kinds // 2)
    phases = (place + np.where(kinds % 2, periods // 4, 0)) % periods
    waves: NDArray[np.float64] = np.abs(4 * phases / periods - 2) - 1
    return waves
