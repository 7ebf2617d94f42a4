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
    version: ClassVar[int] = 5
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "people")
    outputs: ClassVar[tuple[str, ...]] = ("body.npz",)

    def __init__(self, config: BodyConfig) -> None:
        super().__init__(config)
        self._recoverer: BodyRecoverer | None = None

    def revision(self) -> str:
        """Versions of the body model and of the libraries whose numbers the result depends on; of SMPL-X its file.

        Raises:
            ConfigurationError: the model file of `smplx` is missing; the message names the path.
        """
        versions = distribution_version("anny", "torch", "numpy", "scipy")
        if self.config.backend != "smplx":
            return versions
        from cointeract_curation.human.smplx import model_digest, model_file

        assert self.config.smplx_dir is not None  # the configuration is checked
        return f"{versions} smplx {model_digest(model_file(self.config.smplx_dir, self.config.smplx_gender))}"

    def setup(self) -> None:
        """Build the body model (cached on the machine) and its tables.

        Raises:
            ConfigurationError: the model file of `smplx` is missing or isn't one; the message names the path.
        """
        import torch

        from cointeract_curation.stages.body.anny import AnnyRecoverer
        from cointeract_curation.stages.body.smplx import SmplxRecoverer

        # Sums are split among threads, so their number would change the last bits; a worker has one core anyway.
        torch.set_num_threads(1)
        smplx = self.config.backend == "smplx"
        self._recoverer = SmplxRecoverer(self.config) if smplx else AnnyRecoverer(self.config)

    def run(self, workspace: Workspace) -> Scores:
        """Fit the body and write it.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: `landmarks.npz` lacks an array.
        """
        from cointeract_curation.human.landmarks import Landmarks
        from cointeract_curation.stages.body.scores import body_scores

        if self._recoverer is None:
            raise RuntimeError("the stage body was run before setup(): call setup() once in this process first")
        landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
        found = self._recoverer.recover(workspace.frames("cut", "rgb.mp4"), landmarks)
        found.fit.save(workspace.output("body.npz"))
        return body_scores(found, landmarks)

    def close(self) -> None:
        """Let go of the model."""
        self._recoverer = None
