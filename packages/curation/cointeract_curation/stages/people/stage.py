"""The stage `people`: finds the demonstrator's face, hands and body in a clip and follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.people.config import PeopleConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.people.observe import Observer
    from cointeract_curation.stages.people.records import PeopleDetector
    from cointeract_shards.reviews.event import Part


class PeopleStage(Stage[PeopleConfig]):
    """Reads the frames of `rgb.mp4`; writes `tracks.json` and `landmarks.npz` (see `artifacts.write_landmarks`)."""

    name: ClassVar[str] = "people"
    version: ClassVar[int] = 3
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "quality")
    outputs: ClassVar[tuple[str, ...]] = ("tracks.json", "landmarks.npz")
    corrects: ClassVar[tuple[Part, ...]] = ("face", "left_hand", "right_hand")

    def __init__(self, config: PeopleConfig) -> None:
        super().__init__(config)
        self._detector: PeopleDetector | None = None
        self._observer: Observer | None = None

    def revision(self) -> str:
        """Versions of the libraries whose numbers the result depends on; the models are inside of mediapipe's wheel."""
        return distribution_version("mediapipe", "opencv-contrib-python", "numpy", "scipy")

    def setup(self) -> None:
        """Load the models."""
        # Heavy imports (mediapipe, cv2, scipy) stay out of the module: naming the stage must be light.
        import cv2

        from cointeract_curation.stages.people.detect import MediaPipeDetector
        from cointeract_curation.stages.people.observe import Observer

        # A worker has one core; more threads would only take it from other workers.
        cv2.setNumThreads(1)
        self._detector = MediaPipeDetector(
            max_hands=self.config.max_hands,
            face_confidence=self.config.face_confidence,
            hand_confidence=self.config.hand_confidence,
            crop_confidence=self.config.crop_confidence,
            pose_confidence=self.config.pose_confidence,
        )
        self._observer = Observer(self._detector, self.config)

    def run(self, workspace: Workspace) -> Scores:
        """Look at the clip's frames once, in order, and write both artifacts.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: the video has no frames.
        """
        from cointeract_curation.stages.people.artifacts import make_tracks, write_landmarks
        from cointeract_curation.stages.people.boxes import face_boxes, hand_boxes
        from cointeract_curation.stages.people.drawn import as_drawn
        from cointeract_curation.stages.people.person import trace_person
        from cointeract_curation.stages.people.scores import people_scores
        from cointeract_curation.stages.quality.record import QUALITY_FILE, QualityRecord

        if self._observer is None:
            raise RuntimeError("the stage people was run before setup(): call setup() once in this process first")
        video = workspace.frames("cut", "rgb.mp4")
        if video.count == 0:
            raise UnusableInputError(f"{workspace.unit.unit_id}: rgb.mp4 has no frames to look for people in")
        width, height = video.width, video.height
        observer = self._observer
        observations = [
            observer.look(index, image) for index, image in video.at(frames_to_look_at(video.count, self.config.stride))
        ]
        person = trace_person(observations, video.count, self.config)
        drawn = self.corrections.get(workspace.unit.unit_id, {})
        left, right = hand_boxes(person, self.config, width, height)
        hands = (
            as_drawn(left, drawn.get("left_hand", {}), width, height),
            as_drawn(right, drawn.get("right_hand", {}), width, height),
        )
        face = as_drawn(face_boxes(person, self.config, width, height), drawn.get("face", {}), width, height)
        workspace.output("tracks.json").write_bytes(make_tracks(face, hands, width, height).to_bytes())
        write_landmarks(workspace.output("landmarks.npz"), person, face=face, hands=hands, width=width, height=height)
        overlays = QualityRecord.load(workspace.input("quality", QUALITY_FILE)).overlay_boxes
        return people_scores(
            observations, person, face=face, hands=hands, overlays=overlays, height=height, config=self.config
        )

    def close(self) -> None:
        """Close the models."""
        if self._detector is not None:
            self._detector.close()
        self._detector = self._observer = None


def frames_to_look_at(count: int, stride: int) -> list[int]:
    """Every ``stride``-th frame from the first, and the last one, so that nothing has to be extrapolated."""
    frames = list(range(0, count, stride))
    return frames if frames[-1] == count - 1 else [*frames, count - 1]
