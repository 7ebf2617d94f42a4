"""What reaches the picture, and what doesn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from cointeract_model.flow.guidance import Condition
from cointeract_model.generation.decode import decode_clip
from cointeract_model.generation.denoise import ClipLatents, clip_seed, denoise_clip, guidance_of
from cointeract_model.generation.encode import encode_clip, encode_references
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.prepare import Prepared
from tests.model.generation.conftest import parts_of


def nothing() -> None:
    """What progress is told."""


def one_clip(prepared: Prepared, parts: Parts, clip: int = 0, before: Tensor | None = None) -> ClipLatents:
    references, guidance = encode_references(prepared, parts), guidance_of(parts)
    encoded = encode_clip(clip, before, prepared, references, guidance, parts)
    return denoise_clip(clip, encoded, guidance, parts, nothing)


def motion(value: float) -> Tensor:
    return torch.full((1, 3, 73, 64, 80), value)


@pytest.fixture(scope="module")
def plain() -> Parts:
    return parts_of()


def calls(parts: Parts, name: str) -> list[int]:
    """Counts calls of a module of the model from now on."""
    counted: list[int] = []
    parts.model.get_submodule(name).register_forward_hook(lambda *_: counted.append(1))
    return counted


@pytest.mark.parametrize(
    ("text", "audio", "passes"),
    [(1, 1, 1), (5, 5, 2), (5, 1, 2), (0, 0, 1), (0, 1, 1), (0, 4, 2), (5, 3, 3)],
)
def test_passes_without_weight_are_not_run_and_conditions_are_encoded_once(
    prepared: Prepared, text: float, audio: float, passes: int
) -> None:
    parts = parts_of(guidance_text=text, guidance_audio=audio, steps=3)
    encoded, run = calls(parts, "audio_encoder"), calls(parts, "blocks.0")
    one_clip(prepared, parts)
    assert len(encoded) == passes
    assert len(run) == 3 * passes


def test_rgb_is_the_same_to_the_bit_with_the_hoi_stream_beside_it(prepared: Prepared, plain: Parts) -> None:
    shown = parts_of(show_hoi=True)
    for clip, before in ((0, None), (1, motion(0.2))):
        alone, beside = one_clip(prepared, plain, clip, before), one_clip(prepared, shown, clip, before)
        assert torch.equal(alone.target, beside.target)
        assert alone.hoi is None
        assert alone.routing is None
        assert beside.hoi is not None
        assert beside.hoi.shape == beside.target.shape
        assert not torch.equal(beside.hoi, beside.target)


def test_rgb_alone_computes_nothing_of_the_hoi_stream(prepared: Prepared) -> None:
    parts = parts_of()
    used = calls(parts, "hoi_patch_embedding"), calls(parts, "hoi_head")
    one_clip(prepared, parts)
    assert used == ([], [])


def test_routing_maps_are_probabilities_for_each_token(prepared: Prepared) -> None:
    routing = one_clip(prepared, parts_of(show_hoi=True)).routing
    assert routing is not None
    assert tuple(routing.shape) == (1, 3, 20, 4, 5)
    assert torch.allclose(routing.sum(1), torch.ones(1, 20, 4, 5))


CHANGES: dict[str, Callable[[Prepared], Prepared]] = {
    "person": lambda given: replace(given, person=-given.person),
    "product": lambda given: replace(given, product=None),
    "sound": lambda given: replace(given, sound=replace(given.sound, samples=given.sound.samples[::-1].copy())),
    "prompt": lambda given: replace(given, request=replace(given.request, prompts=("he waves",))),
    "scale": lambda given: replace(given, request=replace(given.request, product_scale=0.4)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_everything_that_is_given_reaches_the_picture(prepared: Prepared, plain: Parts, change: str) -> None:
    before, after = one_clip(prepared, plain), one_clip(CHANGES[change](prepared), plain)
    assert float((before.target - after.target).abs().max()) > 1e-4


def test_the_frames_before_reach_the_next_clip(prepared: Prepared, plain: Parts) -> None:
    dark, bright = (one_clip(prepared, plain, 1, motion(value)) for value in (-0.5, 0.5))
    assert float((dark.target - bright.target).abs().max()) > 1e-4


def test_a_clip_has_the_prompt_of_its_number(prepared: Prepared, plain: Parts) -> None:
    other = replace(prepared, request=replace(prepared.request, prompts=(prepared.request.prompts[0], "he waves")))
    assert torch.equal(one_clip(prepared, plain).target, one_clip(other, plain).target)
    first, second = (one_clip(given, plain, 1, motion(0.0)) for given in (prepared, other))
    assert not torch.equal(first.target, second.target)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"steps": 3},
        {"solver": "unipc", "steps": 4},
        {"shift": 2},
        {"guidance_text": 2},
        {"negative_prompt": "x"},
    ],
)
def test_settings_change_the_picture(prepared: Prepared, plain: Parts, change: dict[str, object]) -> None:
    reference = one_clip(prepared, parts_of(steps=4) if "solver" in change else plain)
    assert not torch.equal(reference.target, one_clip(prepared, parts_of(**change)).target)


def test_equal_seeds_give_equal_latents(prepared: Prepared, plain: Parts) -> None:
    assert torch.equal(one_clip(prepared, plain).target, one_clip(prepared, parts_of()).target)


def test_clips_and_seeds_have_noise_of_their_own() -> None:
    seeds = {clip_seed(seed, clip) for seed in range(30) for clip in range(30)}
    assert len(seeds) == 900


def test_bfloat16_keeps_noisy_latents_in_float32(prepared: Prepared, plain: Parts) -> None:
    half = one_clip(prepared, parts_of(dtype="bfloat16")).target
    assert half.dtype is torch.float32
    whole = one_clip(prepared, plain).target
    assert float((half - whole).abs().mean()) < 0.1 * float(whole.abs().mean())


def test_frames_are_what_the_codec_makes_of_the_latents(prepared: Prepared, plain: Parts) -> None:
    references, guidance = encode_references(prepared, plain), guidance_of(plain)
    encoded = encode_clip(1, motion(0.3), prepared, references, guidance, plain)
    latents = denoise_clip(1, encoded, guidance, plain, nothing)
    frames = decode_clip(latents, encoded, references, plain)
    assert encoded.motion is not None
    whole = plain.latents.decode(torch.cat([encoded.motion, latents.target], 2)).clamp(-1, 1)
    expected = ((whole[0, :, -80:] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 3, 0).numpy()
    assert frames.rgb.shape == (80, 64, 80, 3)
    assert np.array_equal(frames.rgb, expected)
    assert torch.equal(frames.motion, whole[:, :, -73:])


def test_the_audio_of_no_condition_is_zero(prepared: Prepared) -> None:
    """The pass without conditions is the same whatever is said and heard."""
    parts = parts_of(guidance_text=0, guidance_audio=0)
    assert list(guidance_of(parts).weights) == [Condition.NONE]
    other = CHANGES["sound"](CHANGES["prompt"](prepared))
    assert torch.equal(one_clip(prepared, parts).target, one_clip(other, parts).target)


def test_an_exploding_model_is_told(prepared: Prepared) -> None:
    parts = parts_of()
    with torch.no_grad():
        next(parts.model.head.parameters()).fill_(float("inf"))
    with pytest.raises(GenerationError, match="clip 1: the velocity at step 1 of 2"):
        one_clip(prepared, parts)
