from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cointeract_model.codecs.block_dct import COLOURS, BlockDctCodec
from cointeract_model.codecs.errors import CodecInputError
from cointeract_model.codecs.protocols import Variation

CODEC = BlockDctCodec()
SIZES = st.tuples(st.integers(1, 2), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))


def latents_of(size: tuple[int, int, int, int], seed: int) -> Tensor:
    batch, more, height, width = size
    return torch.randn(batch, 16, 1 + more, height, width, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=st.integers(0, 99))
def test_decoding_and_encoding_gives_the_latents_back(size: tuple[int, int, int, int], seed: int) -> None:
    latents = latents_of(size, seed)
    frames = CODEC.decode(latents)
    batch, more, height, width = size
    assert frames.shape == (batch, 3, 1 + 4 * more, 8 * height, 8 * width)
    torch.testing.assert_close(CODEC.encode(frames), latents, atol=1e-4, rtol=0)


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=st.integers(0, 99))
def test_encoding_and_decoding_projects_orthogonally(size: tuple[int, int, int, int], seed: int) -> None:
    batch, more, height, width = size
    generator = torch.Generator().manual_seed(seed)
    frames = torch.rand(batch, 3, 1 + 4 * more, 8 * height, 8 * width, generator=generator) * 2 - 1
    kept = CODEC.decode(CODEC.encode(frames))
    torch.testing.assert_close(CODEC.decode(CODEC.encode(kept)), kept, atol=1e-4, rtol=0)
    origin = CODEC.decode(
        CODEC.encode(torch.zeros_like(frames))
    )  # what is kept is a linear space, so 0 is kept as it is
    torch.testing.assert_close(origin, torch.zeros_like(frames), atol=1e-5, rtol=0)
    other = CODEC.decode(latents_of(size, seed + 1))
    lost = (frames - kept).double()
    assert float((lost * other.double()).sum()) == pytest.approx(
        0, abs=1e-4 * float(lost.norm() * other.double().norm())
    )


def test_the_first_frame_stands_alone_and_four_follow_in_each_latent() -> None:
    frames = torch.zeros(1, 3, 13, 16, 16)
    before = CODEC.encode(frames)
    for frame, latent in [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (12, 3)]:
        changed = frames.clone()
        changed[:, :, frame] = 0.5
        moved = (CODEC.encode(changed) - before).abs().amax((0, 1, 3, 4)) > 1e-6
        assert moved.nonzero().flatten().tolist() == [latent]


def test_a_still_picture_in_flat_colours_is_kept_exactly() -> None:
    frames = torch.tensor([-1.0, 0.25, 1.0])[None, :, None, None, None].expand(1, 3, 5, 16, 24)
    torch.testing.assert_close(CODEC.decode(CODEC.encode(frames)), frames, atol=1e-5, rtol=0)


def test_it_is_deterministic_and_differentiable() -> None:
    frames = torch.rand(1, 3, 5, 16, 16).requires_grad_()
    latents = CODEC.encode(frames)
    assert torch.equal(latents, BlockDctCodec().encode(frames))
    latents.square().sum().backward()
    assert frames.grad is not None
    assert bool(frames.grad.any())


def footage(path: Path, size: tuple[int, int], starts: tuple[int, ...]) -> Tensor:
    import av

    frames: dict[int, list[Tensor]] = {start: [] for start in starts}
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            for start in starts:
                if start <= number < start + 25:
                    frames[start].append(torch.from_numpy(frame.to_ndarray(format="rgb24")))
            if number >= max(starts) + 25:
                break
    videos = [torch.stack(frames[start]).permute(0, 3, 1, 2).float() / 127.5 - 1 for start in starts]
    return torch.stack([functional.interpolate(video, size, mode="area").permute(1, 0, 2, 3) for video in videos])


def psnr(frames: Tensor, other: Tensor) -> float:
    return 10 * math.log10(4 / float((frames - other).square().mean()))


@pytest.mark.footage
def test_real_footage_keeps_its_picture_and_has_about_unit_variance(real_livestream: Path) -> None:
    frames = footage(real_livestream, (416, 240), (60, 300))  # other moments than those it was measured on
    latents = CODEC.encode(frames)
    assert psnr(CODEC.decode(latents).clamp(-1, 1), frames) > 27
    deviations = latents.std((0, 2, 3, 4))
    assert deviations.min() > 0.3  # of the three that measure change in time: these people move little
    assert deviations.max() < 2.5


def test_rendered_footage_keeps_its_picture(livestream: Path) -> None:
    frames = footage(livestream, (208, 120), (0,))
    latents = CODEC.encode(frames)
    assert psnr(CODEC.decode(latents).clamp(-1, 1), frames) > 24
    assert float(latents.std()) == pytest.approx(1, rel=0.6)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (torch.zeros(3, 5, 16, 16), "shape"),
        (torch.zeros(1, 4, 5, 16, 16), "4 channels.*background"),
        (torch.zeros(1, 1, 5, 16, 16), "1 channels"),
        (torch.zeros(1, 3, 80, 16, 16), "80 frames"),
        (torch.zeros(1, 3, 5, 20, 16), "20x16"),
        (torch.zeros(1, 3, 5, 16, 16, dtype=torch.uint8), "uint8"),
        (torch.full((1, 3, 5, 16, 16), 255.0), "255"),
        (torch.full((1, 3, 5, 16, 16), math.nan), "nan"),
        (torch.zeros(0, 3, 5, 16, 16), "shape"),
    ],
)
def test_bad_frames_are_named(frames: Tensor, message: str) -> None:
    with pytest.raises(CodecInputError, match=message):
        CODEC.encode(frames)


def test_bad_latents_are_named() -> None:
    with pytest.raises(CodecInputError, match=r"\(1, 4, 2, 2, 2\)"):
        CODEC.decode(torch.zeros(1, 4, 2, 2, 2))
    with pytest.raises(CodecInputError, match="int64"):
        CODEC.decode(torch.zeros(1, 16, 2, 2, 2, dtype=torch.int64))


@settings(max_examples=25, deadline=None)
@given(
    size=SIZES,
    seed=st.integers(0, 99),
    mirrored=st.booleans(),
    gains=st.tuples(*[st.floats(-1, 1)] * 3),
    shifts=st.tuples(*[st.floats(-0.1, 0.1)] * 3),
)
def test_latents_vary_as_if_the_pictures_had_been_changed(
    size: tuple[int, int, int, int],
    seed: int,
    mirrored: bool,
    gains: tuple[float, float, float],
    shifts: tuple[float, float, float],
) -> None:
    batch, more, height, width = size
    generator = torch.Generator().manual_seed(seed)
    frames = torch.rand(batch, 3, 1 + 4 * more, 8 * height, 8 * width, generator=generator) * 0.8 - 0.4
    axes = functional.normalize(torch.tensor(COLOURS), dim=1)
    colours = torch.einsum("kc,bcthw->bkthw", axes, frames)
    colours = colours * torch.tensor(gains)[:, None, None, None] + torch.tensor(shifts)[:, None, None, None]
    changed = torch.einsum("kc,bkthw->bcthw", axes, colours)
    expected = CODEC.encode(changed.flip(-1) if mirrored else changed)
    variation = Variation(mirrored, gains, shifts)
    latents = CODEC.encode(frames)
    torch.testing.assert_close(CODEC.vary(latents, variation, from_start=True), expected, atol=1e-3, rtol=0)
    if more:
        later = CODEC.vary(latents[:, :, 1:], variation, from_start=False)
        torch.testing.assert_close(later, expected[:, :, 1:], atol=1e-3, rtol=0)
