"""The ledger: every file, source and clip of a data set and how it stands, derived from the outcomes in the store.

The sums are checked here: every file leads to a source or a reason, every window of an accepted source is a clip, and every
clip is accepted, rejected or quarantined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.fingerprint import AnyStage, Lineage
from cointeract_curation.core.standing import Register, Standing, State
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.core.units import ClipUnit, FileUnit, SourceUnit, SpanUnit, UnitKind
from cointeract_curation.stages.split import SplitResult

DUPLICATE = "duplicate"
SPLIT_RESULT = "split.json"


@dataclass(frozen=True)
class FileRow:
    """An input file: its own standing, and the source that its content is. ``duplicate_of`` names an equal file that came first."""

    unit: FileUnit
    standing: Standing
    source: SourceUnit | None
    duplicate_of: str = ""


@dataclass(frozen=True)
class SourceRow:
    """A source: how it stands after probing and splitting, the paths that hold it, and its windows."""

    unit: SourceUnit
    paths: tuple[str, ...]
    standing: Standing
    split: SplitResult | None = None


@dataclass
class Ledger:
    """All rows, each list sorted by id."""

    files: list[FileRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)
    clips: list[Standing] = field(default_factory=list)

    @property
    def pending(self) -> int:
        """Units that still have work to be done."""
        standings = [row.standing for row in self.files] + [row.standing for row in self.sources] + self.clips
        return sum(not standing.settled for standing in standings)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many files, sources and clips stand how."""
        files = Counter(DUPLICATE if row.duplicate_of else str(row.standing.state) for row in self.files)
        sources = Counter(str(row.standing.state) for row in self.sources)
        clips = Counter(str(clip.state) for clip in self.clips)
        return {"files": dict(files), "sources": dict(sources), "clips": dict(clips)}

    def check_sums(self) -> None:
        """Assert that nothing was lost. Raises `AssertionError` with the numbers that don't add up."""
        identified = sum(row.standing.state == State.ACCEPTED and not row.duplicate_of for row in self.files)
        if identified != len(self.sources):
            raise AssertionError(f"{identified} files were identified but there are {len(self.sources)} sources")
        windows = sum(
            len(row.split.windows) for row in self.sources if row.split and row.standing.state == State.ACCEPTED
        )
        if windows != len(self.clips):
            raise AssertionError(f"accepted sources have {windows} windows but there are {len(self.clips)} clips")
        ended = Counter(clip.state for clip in self.clips)
        if sum(ended[state] for state in (State.ACCEPTED, State.REJECTED, State.QUARANTINED)) != len(self.clips):
            raise AssertionError(f"{ended[State.PENDING]} clips of {len(self.clips)} have no decision after the run")


@dataclass(frozen=True)
class Chains:
    """The recipe's stages by what they work on, each in order."""

    file: tuple[str, ...]
    source: tuple[str, ...]
    span: tuple[str, ...]
    clip: tuple[str, ...]

    @classmethod
    def of(cls, stages: Iterable[AnyStage]) -> Chains:
        """Sort stages by the kind of unit."""
        by_kind: dict[UnitKind, list[str]] = {kind: [] for kind in UnitKind}
        for stage in stages:
            by_kind[stage.unit].append(stage.name)
        return cls(*(tuple(by_kind[kind]) for kind in (UnitKind.FILE, UnitKind.SOURCE, UnitKind.SPAN, UnitKind.CLIP)))


class LedgerReader:
    """Derives ledgers from a store, for one recipe."""

    def __init__(
        self, store: ArtifactStore, stages: dict[str, AnyStage], recipe: Recipe, *, verify: bool = False
    ) -> None:
        self.store = store
        self.lineage = Lineage(stages)
        self.chains = Chains.of(stages.values())
        carried_on = frozenset(recipe.corrections.carried_on)
        self.register = Register(store, self.lineage, recipe.policy, recipe.attempts, verify, carried_on)
        self._stages = stages

    def files(self, units: Iterable[FileUnit]) -> list[FileRow]:
        """The standing of every file. Of files with equal content, the first by path is the source; the others are duplicates."""
        rows: list[FileRow] = []
        first: dict[str, str] = {}
        for unit in sorted(units, key=lambda unit: unit.path):
            standing = self.register.standing(unit, self.chains.file)
            source: SourceUnit | None = None
            duplicate = ""
            if standing.state == State.ACCEPTED:
                sha256 = str(standing.outcomes[self.chains.file[-1]].scores["sha256"])
                source = SourceUnit(sha256=sha256, path=unit.path)
                duplicate = first.setdefault(sha256, unit.path)
                duplicate = "" if duplicate == unit.path else duplicate
            rows.append(FileRow(unit, standing, source, duplicate))
        return rows

    def sources(self, files: Sequence[FileRow]) -> list[SourceRow]:
        """The standing of every source, with its windows where it was split."""
        paths: dict[str, list[str]] = {}
        units: dict[str, SourceUnit] = {}
        for row in files:
            if row.source is not None:
                paths.setdefault(row.source.sha256, []).append(row.unit.path)
                units.setdefault(row.source.sha256, row.source)
        return [self._source(units[sha256], tuple(paths[sha256])) for sha256 in sorted(units)]

    def _source(self, unit: SourceUnit, paths: tuple[str, ...]) -> SourceRow:
        standing = self.register.standing(unit, self.chains.source)
        if standing.state == State.PENDING and standing.stage == "split":
            # The source waits for its spans; one that can't be read takes the source out.
            for span in self.spans(unit):
                found = self.register.standing(span, self.chains.span)
                if found.state == State.QUARANTINED:
                    return SourceRow(
                        unit,
                        paths,
                        Standing(unit, State.QUARANTINED, found.stage, standing.outcomes, failure=found.failure),
                    )
        split = None
        if "split" in standing.outcomes:
            split = SplitResult.model_validate_json(self.store.read_json(self.lineage.key("split", unit), SPLIT_RESULT))
        return SourceRow(unit, paths, standing, split)

    def spans(self, unit: SourceUnit) -> list[SpanUnit]:
        """The spans that a probed source is detected in; empty where the recipe detects no shots."""
        from cointeract_curation.media.spans import spans_of

        if not self.chains.span:
            return []
        timeline = self.store.artifact(self.lineage.key("probe", unit), "timeline.npz")
        return spans_of(unit, timeline, self._stages["shots"].span_frames)

    def clip_units(self, sources: Iterable[SourceRow]) -> Iterator[ClipUnit]:
        """The windows of all accepted sources."""
        for row in sources:
            if row.split is not None and row.standing.state == State.ACCEPTED:
                for window in row.split.windows:
                    shot = row.split.shots[window.shot]
                    yield ClipUnit(
                        source=row.unit,
                        first=window.first,
                        frames=window.frames,
                        motion_frames=window.motion_frames,
                        shot=window.shot,
                        shot_first=shot.first,
                        shot_end=shot.end,
                    )

    def read(self, units: Iterable[FileUnit]) -> Ledger:
        """The whole ledger of the given files."""
        files = self.files(units)
        sources = self.sources(files)
        clips = [self.register.standing(unit, self.chains.clip) for unit in self.clip_units(sources)]
        return Ledger(files, sources, sorted(clips, key=lambda clip: clip.unit.unit_id))
