"""Rows of prompts as the model takes them, and prompts that are too long."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cointeract_model.codecs.errors import CodecInputError

if TYPE_CHECKING:
    from torch import Tensor

MAX_TOKENS = 512
"""Tokens of a prompt that the released model was trained with, zero rows after the end."""

SHOWN = 60
"""Characters of a prompt that a log line shows."""

logger = logging.getLogger(__name__)


def kept_tokens(prompt: str, tokens: int, most: int) -> int:
    """How many of a prompt's tokens are kept; a log line says how many aren't."""
    if tokens > most:
        logger.warning("prompt '%.*s...' has %d tokens; the last %d are left out", SHOWN, prompt, tokens, tokens - most)
    return min(tokens, most)


def pad_rows(prompts: Sequence[Tensor], tokens: int = MAX_TOKENS) -> Tensor:
    """Rows of a batch of prompts, (B, tokens, dim), zero after each prompt's end. The released model attends to the zero rows too.

    Args:
        prompts: (L, dim) each, of `TextCodec.encode`.
        tokens: rows to pad to.

    Raises:
        CodecInputError: no prompts, one with more rows, or rows of different lengths.
    """
    import torch

    shapes = [tuple(rows.shape) for rows in prompts]
    if not shapes or len({shape[1:] for shape in shapes}) > 1 or max(shape[0] for shape in shapes) > tokens:
        raise CodecInputError(
            f"prompts have the shapes {shapes}; give (rows, dim) of one dim with at most {tokens} rows"
        )
    padded = torch.zeros(len(prompts), tokens, *shapes[0][1:], dtype=prompts[0].dtype, device=prompts[0].device)
    for row, rows in zip(padded, prompts, strict=True):
        row[: len(rows)] = rows
    return padded
