"""Boxes of face and hands as people corrected them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cointeract_curation.human.drawn_boxes import DRAWN_SCORE, obeyed
from cointeract_curation.stages.people.boxes import Boxes
from cointeract_curation.stages.people.records import Source
from cointeract_shards.records import Box


def as_drawn(boxes: Boxes, drawn: Mapping[int, Box], width: int, height: int) -> Boxes:
    """The boxes of a part, changed by those that people drew of it.

    Raises:
        ValueError: a box was drawn on a frame beyond the clip.
    """
    if not drawn:
        return boxes
    box = obeyed(boxes.box, drawn, (width, height))
    new = np.isfinite(box).all(axis=1) & ~boxes.present
    score, source = boxes.score.copy(), boxes.source.copy()
    score[new], source[new] = DRAWN_SCORE, Source.INTERPOLATED
    score[list(drawn)], source[list(drawn)] = DRAWN_SCORE, Source.DETECTED
    return Boxes(box, score, source)
