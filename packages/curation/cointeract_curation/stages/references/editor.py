"""References from a model that edits pictures by instruction, such as Qwen-Image-Edit or FLUX Kontext."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from cointeract_curation.stages.references.crop import crop_around
from cointeract_curation.stages.references.fit import Spare, fit_to
from cointeract_curation.stages.references.protocol import FrameContext, Made
from cointeract_curation.triplet.clip import Picture

WHITE = 255
EXAMPLE_MARGIN = 0.1
"""Surroundings of the product in the picture that shows an editor which thing is meant, as a share of its longer side."""
EXAMPLE_LEAST = 8
REMOVE = (
    "Take away the {product} that the person holds. The hand that held it is empty and rests in a natural pose. Everything else stays as "
    "it is: the same person, face, expression, hair, clothes, pose, background, light and framing."
)
ISOLATE = (
    "Show only the {product}, which the second picture shows cut out. No person, no hand, nothing else. Complete what fingers hid. Keep "
    "its exact shape, proportions, colours, logo and lettering; in the middle, on pure white, without a shadow."
)


class ImageEditor(Protocol):
    """A model that changes pictures as it is told."""

    name: str

    def edit(self, images: Sequence[Picture], instruction: str, seed: int) -> Picture:
        """The first of ``images`` (H, W, 3) uint8 RGB, changed as ``instruction`` says; further ones show what is meant.

        The answer may have any size and needn't be aligned with the first picture. The same arguments give the same answer.
        """


class EditorReferenceMaker:
    """Tells an editor what to do, and brings its answers to the frame's size."""

    aligned = False

    def __init__(self, editor: ImageEditor, product_name: str = "product", seed: int = 0) -> None:
        """``product_name`` is what the product is called in instructions, such as "white bottle"."""
        self.name = editor.name
        self._editor, self._product, self._seed = editor, product_name, seed

    def person(self, context: FrameContext) -> Made:
        """The frame without its product. Raises `ValueError` for an empty mask."""
        answer = self._editor.edit([context.picture], REMOVE.format(product=self._product), self._seed)
        return Made(fit_to(answer, context.size, Spare.CUT_OFF))

    def product(self, context: FrameContext) -> Made:
        """The frame's product alone on white. Raises `ValueError` for an empty mask."""
        images = [context.picture, example_of(context)]
        answer = self._editor.edit(images, ISOLATE.format(product=self._product), self._seed)
        return Made(fit_to(answer, context.size, Spare.WHITE))


def example_of(context: FrameContext) -> Picture:
    """What the frame shows of the product, cut out on white. Raises `ValueError` for an empty mask."""
    crop = crop_around(context.mask, EXAMPLE_MARGIN, EXAMPLE_LEAST)
    inside = context.mask[crop.slices]
    return np.where(inside[..., None], context.picture[crop.slices], np.uint8(WHITE))
