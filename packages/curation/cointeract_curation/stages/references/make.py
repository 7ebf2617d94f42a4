"""The two references of one clip."""

from __future__ import annotations

import numpy as np

from cointeract_curation.stages.references.config import ReferencesConfig
from cointeract_curation.stages.references.protocol import FrameContext, Made, ReferenceMaker
from cointeract_curation.stages.references.rank import rank_for_person, rank_for_product, spaced
from cointeract_curation.stages.references.remake import Chosen, remake
from cointeract_curation.triplet.axes import PERSON_AXES, PRODUCT_AXES, Axis, Judged, Triplet, TripletJudge
from cointeract_curation.triplet.clip import HandledClip, Picture

WHITE = 255


def make_person(clip: HandledClip, maker: ReferenceMaker, judge: TripletJudge, config: ReferencesConfig) -> Chosen:
    """`person.png`, from the best frame that passes. Frames without an object are taken as they are."""

    def make(frame: int) -> Made:
        if not clip.mask(frame).any():
            return Made(clip.frames[frame])
        return maker.person(FrameContext(clip, frame))

    def check(frame: int, made: Made) -> dict[Axis, Judged]:
        triplet = Triplet(clip, made.image, None, frame if maker.aligned else None)
        return judge.judge(triplet, PERSON_AXES)

    frames = spaced(rank_for_person(clip, config.ranked_frames), config.attempts, config.apart)
    return remake(frames, make, check, config.retry_below)


def make_product(
    clip: HandledClip, maker: ReferenceMaker, judge: TripletJudge, config: ReferencesConfig
) -> Chosen | None:
    """`product.png`, from the best frame that passes; None for a clip without an object."""
    frames = spaced(rank_for_product(clip, config.ranked_frames), config.attempts, config.apart)
    if not frames:
        return None
    return remake(
        frames,
        lambda frame: maker.product(FrameContext(clip, frame)),
        lambda _, made: judge.judge(Triplet(clip, None, made.image), PRODUCT_AXES),
        config.retry_below,
    )


def blank_product(clip: HandledClip) -> Picture:
    """What stands for the product of a clip without one: white of the frame's size."""
    return np.full((clip.height, clip.width, 3), WHITE, np.uint8)
