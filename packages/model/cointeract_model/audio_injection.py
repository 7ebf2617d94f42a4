"""Audio enters the target after some of the blocks (Wan2.2-S2V). References, motion and HOI are left as they are."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cointeract_model.audio import AudioTokens
from cointeract_model.config import ModelConfig
from cointeract_model.layout import Span
from cointeract_model.modulation import modulated_norm
from cointeract_model.projections import CrossAttention

NORM_EPS = 1e-5
"""Of this norm alone; the model's other norms have `ModelConfig.eps`."""


class AudioInjection(nn.Module):
    """Each latent frame's tokens, modulated by its pooled audio, attend to its own five audio tokens."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention = CrossAttention(config)
        self.modulation = nn.Linear(config.hidden_size, 2 * config.hidden_size)

    def forward(self, tokens: Tensor, target: Span, audio: AudioTokens, frame_tokens: int) -> Tensor:
        """RGB tokens (B, L, D) with the audio added to the target's.

        Args:
            tokens: all of a stream, or a process's share of it.
            target: where the target's tokens lie in it; its `offset` is the first one's place in the target.
            audio: of all frames.
            frame_tokens: tokens of a latent frame, n.
        """
        parts = (target.start, target.length, tokens.shape[1] - target.stop)
        before_target, own, after_target = tokens.split(parts, dim=1)
        # A share may begin and end within a frame: it is filled up to whole frames, and the filling dropped after.
        first, before = divmod(target.offset, frame_tokens)
        after = -(before + target.length) % frame_tokens
        whole = functional.pad(own, (0, 0, before, after)).unflatten(1, (-1, frame_tokens))  # (B, frames, n, D)
        frames = slice(first, first + whole.shape[1])
        framewise = whole.flatten(0, 1)
        shift, scale = self.modulation(functional.silu(audio.pooled[:, frames])).flatten(0, 1).chunk(2, dim=-1)
        normed = modulated_norm(framewise, shift, scale, NORM_EPS)
        update = self.attention(normed, audio.local[:, frames].flatten(0, 1))
        update = update.unflatten(0, whole.shape[:2]).flatten(1, 2)[:, before : before + target.length]
        return torch.cat((before_target, own + update, after_target), dim=1)
