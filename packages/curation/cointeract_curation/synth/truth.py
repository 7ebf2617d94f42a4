"""The exact truth of rendered footage, as typed records.

Conventions: frames count from 0 over the whole video at its own rate. Boxes are pixels [x1, y1, x2, y2] of what is visible, edges
included on the left and top and excluded on the right and bottom, so a box covers columns x1 to x2 - 1. Left and right are the
person's own. World: metres, z up, the person at the origin facing -y. Camera: OpenCV axes, x_camera = R x_world + t, and
pixel = focal * (x, y) / z + centre, with (0.5, 0.5) the middle of the first pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cointeract_curation.synth.config import SynthConfig

CONTACT_DISTANCE = 0.005  # metres between a hand's skin and the product that count as contact
MIN_VISIBLE_PIXELS = 12  # a part with fewer visible pixels has no box

Box = Annotated[tuple[int, int, int, int], Field(description="x1, y1, x2, y2 in pixels")]
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShotTruth(_Record):
    """One shot: frames start_frame to end_frame - 1."""

    label: str
    kind: str = ""  # what the shot stands for, such as "two hands" or "leaving"
    people: int | None = None  # how many; the truth of bodies and hands is the first one's
    start_frame: int
    end_frame: int
    person: bool
    phenotype: dict[str, float] | None
    hair: str | None
    product: str | None
    product_size: Vector | None  # metres: width, depth, height
    held_by: Literal["left", "right", "both"] | None
    focal: float  # pixels
    centre: tuple[float, float]  # pixels


class Contact(_Record):
    """Whether a hand touches the product, and the smallest distance of its skin to it in metres (0 where it presses in)."""

    touching: bool
    distance: float


class CameraPose(_Record):
    """World to camera."""

    rotation: Matrix
    translation: Vector


class FrameTruth(_Record):
    """One frame. A box is null where the part isn't visible; contacts are null in a shot without a person or product."""

    frame: int
    shot: int
    face: Box | None
    left_hand: Box | None
    right_hand: Box | None
    object: Box | None
    left_contact: Contact | None
    right_contact: Contact | None
    camera: CameraPose


class Truth(_Record):
    """Everything that is known about a rendered video; arrays lie in the directory `arrays` beside the file."""

    version: Literal[1] = 1
    video: str
    arrays: str
    config: SynthConfig
    fps: str
    frame_count: int
    width: int
    height: int
    cuts: tuple[int, ...]  # first frame of each shot but the first
    contact_distance: float = CONTACT_DISTANCE
    shots: tuple[ShotTruth, ...]
    frames: tuple[FrameTruth, ...]

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read a `NAME.truth.json`."""
        return cls.model_validate_json(path.read_bytes())
