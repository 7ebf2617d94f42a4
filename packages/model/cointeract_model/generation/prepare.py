"""First step: files to pictures and sound in the video's size and length. Everything that can be wrong with a request shows here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cointeract_model.generation.clips import clips_of, worth_making
from cointeract_model.generation.pictures import as_frame, contain, cover, load_picture
from cointeract_model.generation.request import Request
from cointeract_model.generation.settings import GenerationSettings
from cointeract_model.generation.sound import Sound, load_sound
from cointeract_shards.constants import FPS

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request, decoded.

    Attributes:
        request: of what.
        person: (1, 3, 1, H, W) float32 from -1 to 1.
        product: likewise, or None.
        sound: what sets the length.
    """

    request: Request
    person: Tensor
    product: Tensor | None
    sound: Sound

    @property
    def frames(self) -> int:
        """Frames of the video."""
        return self.sound.frames

    @property
    def clips(self) -> int:
        """Clips that the video is made of."""
        return clips_of(self.frames)


def prepare(request: Request, settings: GenerationSettings) -> Prepared:
    """Read the files of a request.

    Raises:
        GenerationError: a file that is missing, broken, too small or too short.
    """
    height, width = settings.height, settings.width
    person = cover(load_picture(request.person, "person"), height, width)
    product = None
    if request.product is not None:
        product = as_frame(contain(load_picture(request.product, "product"), height, width))
    prepared = Prepared(request, as_frame(person), product, _sound(request, settings))
    if len(request.prompts) > prepared.clips:
        logger.warning(
            "%d prompts are given, but %.2f s of sound make %d clips; the last prompts aren't used",
            len(request.prompts),
            prepared.sound.seconds,
            prepared.clips,
        )
    return prepared


def _sound(request: Request, settings: GenerationSettings) -> Sound:
    sound = load_sound(request.audio, settings.loudness)
    frames = worth_making(sound.frames)
    if frames < sound.frames:
        logger.info(
            "%s: the last %.0f ms of %.2f s would make a clip of their own, and are left out",
            request.audio,
            (sound.seconds - frames / FPS) * 1000,
            sound.seconds,
        )
        return sound.cut(frames)
    return sound
