"""How a video is made of clips: 80 new frames each, and which frames of sound each of them hears.

Frames count from the video's first. Clip `c` makes frames `80 c .. 80 c + 79`, and its sound advances by 80 frames too: the released
code advances it by 81, so that lips drift by 40 ms a clip.
"""

from __future__ import annotations

from cointeract_shards.constants import TARGET_FRAMES, TARGET_LATENT_FRAMES, VAE_TEMPORAL_STRIDE

CLIP_FRAMES = TARGET_LATENT_FRAMES * VAE_TEMPORAL_STRIDE
"""New frames of a clip: 80."""


def clips_of(frames: int) -> int:
    """Number of clips of a video; the last one is cut to what is left."""
    return -(-frames // CLIP_FRAMES)


def worth_making(frames: int) -> int:
    """Frames of a video for sound of so many: without the last one where it would be a clip of its own.

    A training sample's sound is 81 frames: a second clip for its last 40 ms would take as long as the first.
    """
    return frames - 1 if frames > 1 and frames % CLIP_FRAMES == 1 else frames


def new_frames(clip: int, frames: int) -> int:
    """Frames that a clip adds to a video of so many frames: 80, or what is left for the last."""
    return min(CLIP_FRAMES, frames - clip * CLIP_FRAMES)


def sound_window(clip: int) -> tuple[int, int]:
    """The 81 frames of sound, as begin and end, that a clip is encoded with; -1 is the silence before the video.

    They lie as in training: with motion, frame 0 of the window is the clip's first; without, frame 0 is the person's picture,
    which is not shown, and frame 1 the clip's first.
    """
    begin = clip * CLIP_FRAMES - (clip == 0)
    return begin, begin + TARGET_FRAMES
