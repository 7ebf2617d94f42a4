"""The stage `body`: a mesh of the person in camera space for each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.body.config import BodyConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.body.protocol import BodyRecoverer


class BodyStage(Stage[BodyConfig]):
    """Reads `landmarks.npz`; writes `body.npz` (`human.fit.BodyFit`)."""

    name: ClassVar[str] = "body"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "people")
    outputs: ClassVar[tuple[str, ...]] = ("body.npz",)

    def __init__(self, config: BodyConfig) -> None:
        super().__init__(config)
        self._recoverer: BodyRecoverer | None = None

    def revision(self) -> str:
        """Versions of the body model and of the libraries whose numbers the result depends on."""
        return distribution_version("anny", "torch", "numpy", "scipy")

    def setup(self) -> None:
        """Build the body model (cached on the machine) and its tables."""
        import torch

        from cointeract_curation.stages.body.anny import AnnyRecoverer

        # Sums are split among threads, so their number would change the last bits; a worker has one core anyway.
        torch.set_num_threads(1)
        self._recoverer = AnnyRecoverer(self.config)

    def run(self, workspace: Workspace) -> Scores:
        """Fit the body and write it.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: `landmarks.npz` lacks an array.
        """
        from cointeract_curation.human.landmarks import Landmarks
        from cointeract_curation.stages.body.joints import body_joints
        from cointeract_curation.stages.body.rest_points import average
        from cointeract_curation.stages.body.scores import body_scores

        if self._recoverer is None:
            raise RuntimeError("the stage body was run before setup(): call setup() once in this process first")
        landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
        fit = self._recoverer.recover(workspace.frames("cut", "rgb.mp4"), landmarks)
        fit.save(workspace.output("body.npz"))
        return body_scores(fit, landmarks, body_joints(average()[0]))

    def close(self) -> None:
        """Let go of the model."""
        self._recoverer = None
