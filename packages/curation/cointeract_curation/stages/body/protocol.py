"""What a body recoverer offers to the stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames


@dataclass(frozen=True)
class Recovered:
    """A body, and what its model knows of joints' limits."""

    fit: BodyFit
    limit_violations: float | None
    """Share of limited joints and fitted frames that bend further than people can; None where the model has no limits."""


class BodyRecoverer(Protocol):
    """One person's mesh through a clip.

    A recoverer that looks at pictures (SAM-3D-Body, Multi-HMR, SMPLer-X) takes the person's boxes from the landmarks, runs on the
    frames and says in the fit which model its parameters belong to.
    """

    def recover(self, frames: Frames, landmarks: Landmarks) -> Recovered:
        """The body of the person that ``landmarks`` follow, in camera space.

        Frames without a body aren't fitted; a clip without any gives a fit without a fitted frame, not an error.
        """
