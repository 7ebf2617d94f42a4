"""The embedded maker: fills and cuts out with what the clip itself shows. No weights."""

from __future__ import annotations

from cointeract_curation.stages.references.body_layer import BodyLayer
from cointeract_curation.stages.references.cutout import isolate_product
from cointeract_curation.stages.references.erase import erase_product
from cointeract_curation.stages.references.protocol import FrameContext, Made
from cointeract_curation.triplet.clip import HandledClip


class InpaintMaker:
    """Removes a product with other frames' pixels and patches; isolates it with a matte and other frames' views of it."""

    name = "inpaint"
    aligned = True

    def __init__(self, donors: int) -> None:
        """``donors``: how many other frames may be asked for what a frame hides."""
        self._donors = donors
        self._layer: tuple[HandledClip, BodyLayer] | None = None

    def person(self, context: FrameContext) -> Made:
        """The frame without its product. Raises `ValueError` for an empty mask."""
        _refuse_empty(context)
        if self._layer is None or self._layer[0] is not context.clip:
            # Drawn frames are kept from one attempt to the next.
            self._layer = context.clip, BodyLayer(context.clip.body)
        return erase_product(context.clip, self._layer[1], context.frame, self._donors)

    def product(self, context: FrameContext) -> Made:
        """The frame's product alone on white. Raises `ValueError` for an empty mask."""
        _refuse_empty(context)
        return isolate_product(context.clip, context.frame, self._donors)


def _refuse_empty(context: FrameContext) -> None:
    if not context.mask.any():
        raise ValueError(f"frame {context.frame}: the product's mask is empty, there is nothing to remove or isolate")
