"""The model as a whole: conditions are computed once, audio is causal, new parts change nothing, and it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from cointeract_model.audio import AudioEncoder
from cointeract_model.config import tiny
from cointeract_model.grid import Grid
from cointeract_model.inputs import Conditions
from cointeract_model.layout import Segment
from cointeract_model.motion import MotionPacker
from cointeract_model.patches import PatchEmbedding, unpatchify
from cointeract_model.switches import Stage, paper, release
from cointeract_model.transformer import Transformer
from tests.model.samples import Case, random_inputs, random_model


@torch.no_grad()
def test_a_context_serves_every_step_of_a_generation() -> None:
    model = random_model()
    conditions, noisy = random_inputs(Case())
    context = model.encode(conditions)
    ran: list[str] = []
    for name in ("text_embedding", "audio_encoder", "motion_packer", "pose_embedding"):
        getattr(model, name).register_forward_hook(lambda *_, name=name: ran.append(name))
    for timestep in (900.0, 500.0, 100.0):
        step = replace(noisy, timestep=torch.tensor([timestep]))
        assert torch.equal(model(step, context).velocity, model(step, context).velocity)
    assert not ran
    model.encode(conditions)
    assert sorted(ran) == ["audio_encoder", "motion_packer", "pose_embedding", "text_embedding", "text_embedding"]


def test_a_latent_frame_hears_audio_up_to_the_last_frame_it_covers() -> None:
    encoder = random_model().audio_encoder
    audio = torch.randn(1, 25, 24, 4 * 5 + 1, requires_grad=True)
    tokens = encoder(audio, 5)
    assert tokens.local.shape == (1, 5, 5, 48)
    assert tokens.pooled.shape == (1, 5, 48)
    for frame in range(5):
        for made in (tokens.local, tokens.pooled):
            (gradient,) = torch.autograd.grad(made[:, frame].square().sum(), audio, retain_graph=True)
            heard = gradient[0].abs().sum((0, 1)).nonzero()[:, 0]
            assert heard.max() == 4 * frame + 3


@torch.no_grad()
def test_audio_frames_are_mixed_by_normalised_weights() -> None:
    encoder = AudioEncoder(tiny())
    with torch.no_grad():
        encoder.state_weights.fill_(0.01)
        encoder.padding_token.zero_()
    audio = torch.randn(1, 25, 24, 8)
    same_in_all = audio.mean(1, keepdim=True).expand_as(audio)
    torch.testing.assert_close(encoder(audio, 2).local, encoder(same_in_all, 2).local)


@torch.no_grad()
def test_audio_reaches_the_target_only_until_attention_carries_it_on() -> None:
    model = random_model()
    injection = model.audio_injections["0"]
    conditions, noisy = random_inputs(Case())
    context = model.encode(conditions)
    tokens = torch.randn(1, context.layout.length, 48)
    target = context.layout.find(Segment.TARGET)
    changed = (injection(tokens, target, context.audio, 16) - tokens).abs().amax(-1)[0] > 0
    assert changed[target.start : target.stop].all()
    assert not changed[: target.start].any()
    assert not changed[target.stop :].any()
    assert noisy.target.shape[2] * 16 == target.length


@torch.no_grad()
def test_motion_packs_the_last_latent_whole_and_the_oldest_sixteen_coarsely() -> None:
    packer = MotionPacker(16, 48)
    motion = torch.randn(1, 16, 19, 16, 24)
    tokens = packer(motion)
    assert tokens.shape[1] == Grid(20, 16, 24).motion_tokens == 8 * 12 + 4 * 6 + 4 * 2 * 3
    later = motion.clone()
    later[:, :, -1] += 1
    near = 8 * 12
    differs = (packer(later) - tokens).abs().amax(-1)[0] > 0
    assert differs[:near].all()
    assert not differs[near:].any()


@torch.no_grad()
def test_patches_come_back_where_they_were() -> None:
    grid = Grid(3, 4, 6)
    latents = torch.randn(2, 16, 3, 4, 6)
    embedding = PatchEmbedding(16, 64)
    # Feature 16 (2 row + column) + channel copies that cell of a patch.
    weight = torch.zeros(64, 16, 1, 2, 2)
    for row in range(2):
        for column in range(2):
            for channel in range(16):
                weight[16 * (2 * row + column) + channel, channel, 0, row, column] = 1
    embedding.weight.copy_(weight)
    embedding.bias.zero_()
    assert torch.equal(unpatchify(embedding(latents), grid), latents)


@pytest.mark.parametrize("switches", [paper(), release()])
@torch.no_grad()
def test_new_experts_change_nothing_and_a_new_model_predicts_nothing(switches: object) -> None:
    plain = random_model(switches, tiny(expert_size=None))
    mixed = Transformer(tiny(), switches).eval()
    missing, unexpected = mixed.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert all(".router." in name or ".experts." in name for name in missing)
    conditions, noisy = random_inputs(Case())
    expected = plain(noisy, plain.encode(conditions)).velocity
    torch.testing.assert_close(mixed(noisy, mixed.encode(conditions)).velocity, expected)
    new = Transformer(tiny(), switches)
    prediction = new(noisy, new.encode(conditions))
    assert not prediction.velocity.any()
    assert not prediction.hoi_velocity.any()


def _velocity_loss(model: Transformer, conditions: Conditions, clean: Tensor, hoi: Tensor, stage: Stage) -> Tensor:
    """Eq. 1 and 2 for one draw of noise and timestep."""
    generator = torch.Generator().manual_seed(0)
    noise, hoi_noise = torch.randn(2, *clean.shape, generator=generator)
    sigma = 0.6
    _, noisy = random_inputs(Case(timestep=1000 * sigma))
    noisy = replace(noisy, target=(1 - sigma) * clean + sigma * noise, hoi=(1 - sigma) * hoi + sigma * hoi_noise)
    prediction = model(noisy, model.encode(conditions), stage=stage)
    target_loss = (prediction.velocity - (noise - clean)).square().mean()
    return target_loss + (prediction.hoi_velocity - (hoi_noise - hoi)).square().mean()


@pytest.mark.parametrize("stage", Stage)
def test_both_streams_learn(stage: Stage) -> None:
    torch.manual_seed(0)
    model = Transformer(tiny(), paper())
    conditions, sample = random_inputs(Case())
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = _velocity_loss(model, conditions, sample.target, sample.hoi, stage)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
