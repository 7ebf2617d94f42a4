"""How a new model begins."""

from __future__ import annotations

import numpy as np
import torch

from cointeract_model.config import ModelConfig
from cointeract_model.initialisation import attend_to_same_place
from cointeract_model.projections import SelfAttention
from cointeract_model.rope import rotary_table
from cointeract_model.switches import paper
from cointeract_model.transformer import Transformer

WIDE = ModelConfig(
    hidden_size=128,
    heads=2,
    feed_forward_size=64,
    layers=1,
    audio_layers=(0,),
    text_size=16,
    audio_size=16,
    audio_states=1,
)


def _attention(strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention of the first half of the heads, by query and key, and whether both are at one place; tokens are random."""
    torch.manual_seed(3)
    model = Transformer(WIDE, paper())
    attend_to_same_place(model, strength)
    times, rows, columns = np.meshgrid([0, 7, 30], range(7), range(4), indexing="ij")
    positions = np.stack([axis.ravel() for axis in (times, rows, columns)], -1)
    layer = next(module for module in model.modules() if isinstance(module, SelfAttention))
    tokens = torch.randn(1, len(positions), WIDE.hidden_size)
    heads = layer.project(tokens, rotary_table(positions, WIDE.head_size)[None])
    scores = torch.einsum("blhd,bmhd->hlm", heads.query, heads.key) / WIDE.head_size**0.5
    places = torch.from_numpy(positions[:, 1:])
    return scores[: WIDE.heads // 2].softmax(-1).detach(), (places[:, None] == places[None]).all(-1)


def test_attention_begins_at_the_same_place_whatever_the_content_and_the_time() -> None:
    shares, same = _attention(strength=5.0)
    by_chance, _ = _attention(strength=0.0)
    at_same = (shares * same).sum(-1).mean()
    assert at_same > 4 * (by_chance * same).sum(-1).mean()
    best = (shares * same).amax(-1).mean()
    assert best > 3 * (shares * ~same).mean()


def test_without_strength_nothing_is_changed() -> None:
    model = Transformer(WIDE, paper())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    attend_to_same_place(model, 0.0)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
