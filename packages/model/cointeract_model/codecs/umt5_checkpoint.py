"""Wan's own checkpoint of the umT5 encoder, under the names of the transformers library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_model.codecs import weights
from cointeract_model.codecs.errors import CodecUnavailableError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import UMT5Config, UMT5EncoderModel

XXL = {
    "vocab_size": 256384,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 24,
    "num_heads": 64,
    "feed_forward_proj": "gated-gelu",
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
}
"""Dimensions of umT5-XXL, of which the checkpoint tells only some."""

OUTER = {"token_embedding.weight": "shared.weight", "norm.weight": "encoder.final_layer_norm.weight"}
INNER = {
    "norm1": "layer.0.layer_norm",
    "attn.q": "layer.0.SelfAttention.q",
    "attn.k": "layer.0.SelfAttention.k",
    "attn.v": "layer.0.SelfAttention.v",
    "attn.o": "layer.0.SelfAttention.o",
    "pos_embedding.embedding": "layer.0.SelfAttention.relative_attention_bias",
    "norm2": "layer.1.layer_norm",
    "ffn.gate.0": "layer.1.DenseReluDense.wi_0",
    "ffn.fc1": "layer.1.DenseReluDense.wi_1",
    "ffn.fc2": "layer.1.DenseReluDense.wo",
}
"""Parts of a block: Wan's name, the library's."""

_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)\.weight")


def library_names(checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the library's names; a name that isn't known stays as it is."""
    return {_library_name(name): tensor for name, tensor in checkpoint.items()}


def load_original(path: Path, codec: str, config: UMT5Config | None = None) -> UMT5EncoderModel:
    """The encoder with the weights of Wan's file, in the file's dtype; tensors stay mapped from disk until they are moved.

    Args:
        path: `models_t5_umt5-xxl-enc-bf16.pth`.
        codec: name for messages.
        config: dimensions; None: umT5-XXL.

    Raises:
        CodecUnavailableError: not such a file, or another model's.
    """
    import torch
    import transformers

    with torch.device("meta"):
        model = transformers.UMT5EncoderModel(config or transformers.UMT5Config(**XXL))
    tensors = library_names(weights.load_checkpoint(path, codec))
    embedding = "encoder.embed_tokens.weight"
    expected = [name for name in model.state_dict() if name != embedding]
    weights.check_tensors(tensors, expected, path, codec)
    tensors[embedding] = tensors["shared.weight"]
    try:
        model.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise CodecUnavailableError(f"codec {codec}: {path} has other dimensions than umT5-XXL: {error}") from error
    return model


def _library_name(name: str) -> str:
    if name in OUTER:
        return OUTER[name]
    match = _BLOCK.fullmatch(name)
    if match is None or match[2] not in INNER:
        return name
    return f"encoder.block.{match[1]}.{INNER[match[2]]}.weight"
