"""umT5-XXL, the released model's text encoder: 512 tokens of 4,096."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_model.codecs import weights
from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_model.codecs.text_rows import MAX_TOKENS, kept_tokens
from cointeract_model.codecs.umt5_checkpoint import load_original

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Umt5Codec:
    """Encodes a prompt without padding: padded tokens are masked out inside, so the rows are the same, and most prompts are short."""

    name = "umt5"
    max_tokens = MAX_TOKENS

    def __init__(self, encoder: Path, tokenizer: Path, dtype: torch.dtype, device: torch.device | str = "cpu") -> None:
        """Load the encoder and its tokenizer.

        Args:
            encoder: a folder of the transformers library (`text_encoder`), or Wan's own `models_t5_umt5-xxl-enc-bf16.pth`.
            tokenizer: a folder with the tokenizer's files (`tokenizer`, or Wan's `google/umt5-xxl`).
            dtype: to compute in; bfloat16 as released.
            device: to compute on.

        Raises:
            CodecUnavailableError: a library or files are missing, or hold another model.
        """
        transformers = weights.require("transformers", self.name)
        self._ftfy = weights.require("ftfy", self.name)
        weights.require_path(encoder, self.name, "a folder text_encoder, or models_t5_umt5-xxl-enc-bf16.pth")
        weights.require_path(tokenizer, self.name, "a folder with the tokenizer of google/umt5-xxl")
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer, local_files_only=True)
            if encoder.is_file():
                model = load_original(encoder, self.name).to(dtype)
            else:
                model, loaded = transformers.UMT5EncoderModel.from_pretrained(
                    encoder, dtype=dtype, local_files_only=True, output_loading_info=True
                )
                weights.check_tensors((), loaded["missing_keys"], encoder, self.name)
        except weights.LOADING_ERRORS as error:
            raise CodecUnavailableError(f"codec {self.name} can't load {encoder} and {tokenizer}: {error}") from error
        weights.check_finite(model, encoder, self.name)
        self._model = model.eval().requires_grad_(requires_grad=False).to(device)
        self.dim = self._model.config.d_model
        self.key = f"{self.name}:{weights.fingerprint(encoder, tokenizer)}:{str(dtype).removeprefix('torch.')}"

    def encode(self, prompt: str) -> Tensor:
        """Rows (L, 4096), float32, with the end token's. Of a prompt over 512 tokens the first 511 and the end stay, with a log line."""
        import torch

        tokens = self._tokenizer(self.clean(prompt), add_special_tokens=True, return_attention_mask=False).input_ids
        kept = kept_tokens(prompt, len(tokens), self.max_tokens)
        ids = torch.tensor([*tokens[: kept - 1], tokens[-1]], device=self._model.device)
        with torch.no_grad():
            rows: Tensor = self._model(ids[None]).last_hidden_state[0]
        return rows.float().cpu()

    def clean(self, prompt: str) -> str:
        """The prompt as Wan cleans it: encoding mistakes mended, HTML entities resolved (twice), each run of white space one space."""
        mended = html.unescape(html.unescape(self._ftfy.fix_text(prompt)))
        return re.sub(r"\s+", " ", mended).strip()
