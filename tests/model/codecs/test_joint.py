"""Every frame is a flat grey that tells its number, so decoded latents tell which frames they cover."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cointeract_model.codecs import joint
from cointeract_model.codecs.block_dct import BlockDctCodec
from cointeract_model.codecs.errors import CodecInputError
from cointeract_model.codecs.joint import Phase

CODEC = BlockDctCodec()
GREY = 1 / 128
PERSON = 100
MOTION_FIRST = -73


def video(first: int, frames: int) -> Tensor:
    """Frames `first .. first + frames - 1`, (1, 3, frames, 16, 16)."""
    return (torch.arange(first, first + frames) * GREY)[None, None, :, None, None].expand(1, 3, frames, 16, 16)


TARGET = video(0, 81)
MOTION = video(MOTION_FIRST, 73)
PICTURE = video(PERSON, 1)


def covered(latents: Tensor) -> list[float]:
    """Mean frame number of each latent of four frames; that of `n .. n + 3` is n + 1.5."""
    lead = CODEC.encode(torch.zeros(1, 3, 1, 16, 16))
    greys = CODEC.decode(torch.cat([lead, latents], 2))[:, :, 1:].mean((0, 1, 3, 4))
    return [round(float(grey), 2) for grey in greys.unflatten(0, (-1, 4)).mean(1) / GREY]


def groups(first: int) -> list[float]:
    """Twenty latents whose frames begin at `first`."""
    return [first + 4 * latent + 1.5 for latent in range(20)]


def numbers(frames: Tensor) -> list[int]:
    """Frame numbers of decoded frames."""
    return [round(float(grey)) for grey in frames.mean((0, 1, 3, 4)) / GREY]


def test_with_motion_target_latent_k_covers_frames_4k_to_4k_plus_3() -> None:
    latents = joint.encode_with_motion(CODEC, MOTION, TARGET)
    assert latents.motion is not None
    assert latents.motion.shape[2] == 19
    assert latents.target.shape[2] == 20
    assert covered(latents.target) == groups(0)
    assert covered(latents.motion[:, :, 1:]) == [MOTION_FIRST + 1 + 4 * k + 1.5 for k in range(18)]


def test_without_motion_target_latent_k_covers_the_frames_one_later_and_the_person_is_left_out() -> None:
    latents = joint.encode_without_motion(CODEC, PICTURE, TARGET)
    assert latents.motion is None
    assert covered(latents.target) == groups(1)


@pytest.mark.parametrize(
    ("with_motion", "phase", "hoi_first", "pose_first"),
    [
        (True, Phase.ALIGNED, 0, 0),
        (True, Phase.RELEASE, 1, 0),
        (False, Phase.ALIGNED, 1, 1),
        (False, Phase.RELEASE, 1, 0),
    ],
)
def test_hoi_pose_and_sound_belong_to_the_target_s_frames_unless_released(
    with_motion: bool, phase: Phase, hoi_first: int, pose_first: int
) -> None:
    assert covered(joint.encode_hoi(CODEC, TARGET, with_motion=with_motion, phase=phase)) == groups(hoi_first)
    assert covered(joint.encode_pose(CODEC, TARGET, with_motion=with_motion, phase=phase)) == groups(pose_first)
    sound = joint.target_audio(torch.arange(81.0), with_motion=with_motion, phase=phase)
    assert sound.tolist() == list(range(pose_first, pose_first + 80))


@pytest.mark.parametrize("with_motion", [True, False])
def test_aligned_hoi_is_the_target_s_latent_for_latent(with_motion: bool) -> None:
    rgb = (
        joint.encode_with_motion(CODEC, MOTION, TARGET)
        if with_motion
        else joint.encode_without_motion(CODEC, PICTURE, TARGET)
    )
    torch.testing.assert_close(joint.encode_hoi(CODEC, TARGET, with_motion=with_motion), rgb.target)


def test_decoding_a_continuation_keeps_the_80_new_frames() -> None:
    latents = joint.encode_with_motion(CODEC, MOTION, TARGET)
    assert latents.motion is not None
    assert CODEC.decode(torch.cat([latents.motion, latents.target], 2)).shape[2] == 153
    new = joint.decode_with_motion(CODEC, latents.motion, latents.target)
    assert numbers(new) == list(range(80))


def test_a_first_clip_s_frames_begin_after_the_person() -> None:
    latents = joint.encode_without_motion(CODEC, PICTURE, TARGET)
    new = joint.decode_without_motion(CODEC, CODEC.encode(PICTURE), latents.target)
    assert numbers(new) == list(range(1, 81))


def test_clips_follow_each_other_by_80_frames_without_a_gap_or_a_repeat() -> None:
    shown: list[int] = []
    for clip in range(3):
        target = video(80 * clip, 81)
        motion = video(80 * clip + MOTION_FIRST, 73)
        latents = joint.encode_with_motion(CODEC, motion, target)
        new = joint.decode_with_motion(CODEC, CODEC.encode(motion), latents.target)
        assert numbers(new[:, :, MOTION_FIRST:]) == list(range(80 * (clip + 1) + MOTION_FIRST, 80 * (clip + 1)))
        shown += numbers(new)
    assert shown == list(range(240))


def test_hoi_frames_come_back_after_a_black_lead() -> None:
    aligned = joint.encode_hoi(CODEC, TARGET, with_motion=True)
    assert numbers(joint.decode_hoi(CODEC, aligned)) == list(range(80))


def test_other_lengths_work_alike() -> None:
    latents = joint.encode_with_motion(CODEC, video(-9, 9), video(0, 17))
    assert latents.motion is not None
    assert (latents.motion.shape[2], latents.target.shape[2]) == (3, 4)
    assert covered(latents.target) == groups(0)[:4]


def test_bad_input_is_named() -> None:
    with pytest.raises(CodecInputError, match="80, 16, 16"):
        joint.encode_with_motion(CODEC, MOTION, TARGET[:, :, :80])
    with pytest.raises(CodecInputError, match="motion has the shape"):
        joint.encode_with_motion(CODEC, MOTION[:, :, :72], TARGET)
    with pytest.raises(CodecInputError, match="only the number of frames may differ"):
        joint.encode_with_motion(CODEC, MOTION[..., :8], TARGET)
    with pytest.raises(CodecInputError, match="the person is"):
        joint.encode_without_motion(CODEC, MOTION[:, :, :2], TARGET)
    with pytest.raises(CodecInputError, match="features of 80 frames"):
        joint.target_audio(torch.zeros(25, 32, 80), with_motion=True)
    with pytest.raises(CodecInputError, match="only the number may differ"):
        joint.decode_with_motion(CODEC, torch.zeros(2, 16, 19, 2, 2), torch.zeros(1, 16, 20, 2, 2))
