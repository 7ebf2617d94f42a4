"""What a stage is: a pure step from artifacts of one unit to artifacts and scores of the same unit.

A stage knows nothing of Ray, of other stages' code, or of where files lie. It declares what it needs; an engine hands it a
`Workspace` and commits what it made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from cointeract_curation.core.corrections import ClipBoxes
    from cointeract_curation.core.units import ClipUnit, FileUnit, SourceUnit, SpanUnit, UnitKind
    from cointeract_curation.media.frames import Frames
    from cointeract_shards.reviews.event import Part

Score = float | int | bool | str | None
Scores = Mapping[str, Score]


class StageConfig(BaseModel):
    """Base of every stage's configuration: frozen, and unknown keys are refused. All of it enters the fingerprint."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Resources:
    """What one worker of a stage occupies. Neighbouring stages with equal resources are fused into one worker."""

    cpus: float = 1.0
    gpus: float = 0.0


class Workspace(Protocol):
    """What a stage sees of the world while it works on one unit."""

    @property
    def unit(self) -> FileUnit | SourceUnit | SpanUnit | ClipUnit:
        """The unit to work on."""

    def source(self) -> str:
        """Local path or fsspec URL of the source's bytes."""

    def input(self, stage: str, name: str) -> Path:
        """A finished artifact of a stage that this one requires, as a local file to be read only."""

    def span_inputs(self, stage: str, name: str) -> list[Path]:
        """A finished artifact of each of the source's spans, in order; for a stage on sources that requires one on spans."""

    def scores(self, stage: str) -> Scores:
        """The scores of a stage that this one requires."""

    def output(self, name: str) -> Path:
        """Where to write the artifact ``name``. It becomes visible only when the stage has returned."""

    def frames(self, stage: str, name: str) -> Frames:
        """The decoded frames of a video artifact, shared by all stages that run in one worker."""


ConfigT = TypeVar("ConfigT", bound=StageConfig)


class Stage(ABC, Generic[ConfigT]):
    """One step of curation.

    Class attributes: ``name``; ``version``, raised whenever the same input and configuration may give another result;
    ``unit``, what it works on; ``requires``, names of the stages whose artifacts or scores it reads; ``outputs``, the artifacts
    it always writes; ``optional_outputs``, those it may write; ``resources``; ``time_limit_s``, wall-clock seconds for one unit;
    ``corrects``, the parts whose boxes it takes from people where they drew some.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    unit: ClassVar[UnitKind]
    requires: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    optional_outputs: ClassVar[tuple[str, ...]] = ()
    resources: Resources = Resources()  # a stage whose configuration asks for a GPU sets its own
    time_limit_s: ClassVar[float] = 300.0
    corrects: ClassVar[tuple[Part, ...]] = ()

    def __init__(self, config: ConfigT) -> None:
        self.config = config
        self.corrections: Mapping[str, ClipBoxes] = {}
        """What people drew, by clip id, of the parts in ``corrects`` (`build_stages`); in the fingerprint of these clips alone."""

    @property
    def span_frames(self) -> int:
        """How many source frames one span has, for a stage that works on spans.

        Raises `TypeError` for any other stage.
        """
        raise TypeError(f"stage {self.name} doesn't work on spans")

    def revision(self) -> str:
        """What the result depends on besides code and configuration: versions of models and libraries. Cheap, imports nothing heavy."""
        return ""

    def setup(self) -> None:
        """Load models. Called once in each worker, before the first `run`."""

    @abstractmethod
    def run(self, workspace: Workspace) -> Scores:
        """Work on one unit: read inputs, write outputs, return scores.

        Raises `UnusableInputError` where the input is at fault for good, any other exception where trying again may help.
        """

    def close(self) -> None:
        """Let go of what `setup` loaded."""
