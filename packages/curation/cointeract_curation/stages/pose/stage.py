"""The stage `pose`: a skeleton video of the whole body, for pose-driven training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.pose.config import PoseConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.pose.protocol import PoseEstimator

SHARE_DECIMALS = 5


class PoseStage(Stage[PoseConfig]):
    """Reads landmarks and the fitted body; writes `pose.mp4`."""

    name: ClassVar[str] = "pose"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "people", "body")
    outputs: ClassVar[tuple[str, ...]] = ("pose.mp4",)

    def __init__(self, config: PoseConfig) -> None:
        super().__init__(config)
        self._estimator: PoseEstimator | None = None

    def revision(self) -> str:
        """Versions of what draws and stores."""
        return distribution_version("opencv-contrib-python", "av", "imageio-ffmpeg")

    def setup(self) -> None:
        """Make the estimator."""
        from cointeract_curation.stages.pose.from_fit import FitEstimator

        self._estimator = FitEstimator()

    def run(self, workspace: Workspace) -> Scores:
        """Draw all frames and write them.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: landmarks or body don't belong to the video.
        """
        from cointeract_curation.human.fit import BodyFit
        from cointeract_curation.human.landmarks import Landmarks
        from cointeract_curation.render.rgb_video import RgbVideo
        from cointeract_curation.stages.pose.draw import draw_pose

        if self._estimator is None:
            raise RuntimeError("the stage pose was run before setup(): call setup() once in this process first")
        frames = workspace.frames("cut", "rgb.mp4")
        landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
        fit = BodyFit.load(workspace.input("body", "body.npz"))
        for what, count in (("landmarks.npz", landmarks.frames), ("body.npz", fit.frames)):
            if count != frames.count:
                raise UnusableInputError(
                    f"{workspace.unit.unit_id}: {what} is about {count} frames, rgb.mp4 has {frames.count}"
                )
        pose = self._estimator.estimate(frames, landmarks, fit)
        size = (frames.width, frames.height)
        with RgbVideo(workspace.output("pose.mp4"), size, self.config.encoder) as video:
            for frame in range(frames.count):
                video.write(draw_pose(pose, frame, size, self.config.limb_width))
        left, right = pose.hands_seen.mean(axis=0)
        shares = {
            "body_share": pose.body_seen.any(axis=1).mean(),
            "left_hand_share": left,
            "right_hand_share": right,
            "face_share": pose.face_seen.mean(),
        }
        return {name: round(float(share), SHARE_DECIMALS) for name, share in shares.items()}

    def close(self) -> None:
        """Let go of the estimator."""
        self._estimator = None
