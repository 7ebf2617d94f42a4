"""A worker: takes a unit through a chain of stages, and leaves a record of everything that happens on the way.

The same worker serves every engine. For each stage it looks for a finished result, else records an attempt, runs the stage in a
temporary folder and commits; the policy is asked after each stage, so that a clip that already fails a rule goes no further.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import tempfile
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from cointeract_curation.core.errors import ConfigurationError, OutputFullError, StageCrashError, UnusableInputError
from cointeract_curation.core.fingerprint import AnyStage, AnyUnit, ArtifactKey, Lineage
from cointeract_curation.core.outcome import Attempt, AttemptLimits, AttemptState, FailureKind, Outcome
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.stage import Score, Scores
from cointeract_curation.core.store import ArtifactStore, describe_files
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.workspace import FrameCache, StoreWorkspace
from cointeract_curation.engine.allocator import keep_freed_memory
from cointeract_curation.engine.guard import Guard
from cointeract_curation.engine.report import StageReport, StageState, UnitReport

log = logging.getLogger(__name__)


@dataclass
class ChainWorker:
    """Runs some of a recipe's stages, in order, on one unit at a time.

    Attributes:
        stages: every configured stage of the recipe, by name; needed for fingerprints.
        chain: the names of those that this worker runs.
        run: the id of the run; tells an attempt of a dead worker from one of a dead run.
        guard: enforces time limits.
        time_limits: seconds for one unit, by stage, where they differ from the stage's own.
        carried_on: units that go on although the policy rejects them.
    """

    stages: dict[str, AnyStage]
    chain: tuple[str, ...]
    store: ArtifactStore
    policy: Policy
    limits: AttemptLimits
    run: str
    guard: Guard
    time_limits: dict[str, float]
    carried_on: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        keep_freed_memory()
        self.lineage = Lineage(self.stages)
        self._ready: set[str] = set()
        self._cache = FrameCache()

    def process(self, unit: AnyUnit) -> UnitReport:
        """Take ``unit`` through the chain, as far as it comes."""
        reports: list[StageReport] = []
        upstream: dict[str, Scores] = {}
        try:
            for name in self.chain:
                report, outcome = self._stage(name, unit, upstream)
                reports.append(report)
                if outcome is None:
                    break
                upstream[name] = outcome.scores
                if self.policy.judge(name, upstream) is not None and unit.unit_id not in self.carried_on:
                    reports[-1] = replace(report, state=StageState.REJECTED)
                    break
        finally:
            self._cache.clear()
            self.store.release(unit.unit_id)
        return UnitReport(unit.unit_id, tuple(reports))

    def close(self) -> None:
        """Let go of all models."""
        for name in self._ready:
            self.stages[name].close()
        self._ready.clear()

    def _stage(self, name: str, unit: AnyUnit, upstream: dict[str, Scores]) -> tuple[StageReport, Outcome | None]:
        key = self.lineage.key(name, unit)
        outcome = self.store.outcome(key)
        if outcome is not None:
            if self.store.intact(key, outcome):
                return StageReport(name, StageState.REUSED, 0.0), outcome
            log.warning("%s: an artifact is missing or has another size; the stage runs again", key.folder)
            self.store.remove(key)
        begun = time.monotonic()
        self._close_abandoned(key)
        while not (trial := self.store.trial(key)).exhausted(self.limits):
            outcome = self._attempt(name, unit, key, len(trial.attempts) + 1, upstream)
            if outcome is not None:
                return StageReport(name, StageState.DONE, time.monotonic() - begun), outcome
        last = trial.last
        if last is not None:
            log.warning("%s: quarantined at %s: %s: %s", unit.unit_id, name, last.error_type, last.message)
        return StageReport(name, StageState.QUARANTINED, time.monotonic() - begun), None

    def _close_abandoned(self, key: ArtifactKey) -> None:
        """An attempt that still says it has started, although this worker now holds the unit, ended with its process."""
        for attempt in self.store.trial(key).attempts:
            if attempt.state == AttemptState.STARTED:
                self.store.write_attempt(key, abandoned(attempt, self.run))

    def _attempt(
        self, name: str, unit: AnyUnit, key: ArtifactKey, number: int, upstream: dict[str, Scores]
    ) -> Outcome | None:
        stage = self.stages[name]
        begun = time.time()
        trace_file = str(
            Path(tempfile.gettempdir()) / f"cointeract-trace-{self.run}-{key.unit_id}-{key.stage}-{number}.txt"
        )
        attempt = Attempt(number, AttemptState.STARTED, self.run, socket.gethostname(), os.getpid(), begun, trace_file)
        self.store.check_room()
        self.store.write_attempt(key, attempt)
        limit = self.time_limits.get(name, stage.time_limit_s)

        def expire() -> None:
            self.store.write_attempt(key, timed_out(attempt, limit))

        folder: Path | None = None
        try:
            with self.guard.watch(f"{name} of {unit.unit_id}", limit, trace_file, expire) as alive:
                if name not in self._ready:
                    stage.setup()
                    self._ready.add(name)
                folder = self.store.workspace_folder()
                workspace = StoreWorkspace(
                    name, unit, folder, self.store, self.lineage, self._upstream(name, unit, upstream), self._cache
                )
                scores = checked_scores(stage, stage.run(workspace))
                artifacts = describe_files(folder)
                missing = [output for output in stage.outputs if output not in artifacts]
                if missing:
                    raise RuntimeError(f"stage {name} returned without writing {', '.join(missing)}")
                outcome = Outcome(
                    name,
                    key.unit_id,
                    key.fingerprint,
                    scores,
                    artifacts,
                    unit.model_dump(mode="json"),
                    number,
                    attempt.host,
                    begun,
                    round(time.time() - begun, 3),
                )
                if not alive():
                    raise StageCrashError("ran past its time limit")
                self.store.commit(key, folder, outcome)
                return outcome
        except ConfigurationError:
            raise
        except (KeyboardInterrupt, SystemExit):
            # The user stopped the run: nobody's fault, so the attempt is not held against the unit.
            self.store.forget_attempt(key, attempt)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stage raises costs its unit only, and is recorded with it
            # Out of room, everything fails: no unit is at fault.
            try:
                self.store.check_room()
            except OutputFullError:
                self.store.forget_attempt(key, attempt)
                raise
            self._fail(name, key, attempt, error)
            return None
        finally:
            if folder is not None and folder.exists():
                self.store.discard(folder)
            with contextlib.suppress(FileNotFoundError):
                Path(trace_file).unlink()

    def _upstream(self, name: str, unit: AnyUnit, upstream: dict[str, Scores]) -> dict[str, Scores]:
        known = dict(upstream)
        for required in self.stages[name].requires:
            # The spans of a source have scores of their own each; a stage on the source reads their artifacts.
            of_spans = self.stages[required].unit == UnitKind.SPAN and unit.kind == UnitKind.SOURCE
            if required not in known and not of_spans:
                key = self.lineage.key(required, unit)
                outcome = self.store.outcome(key)
                if outcome is None:
                    raise RuntimeError(f"stage {name} needs {required} of {unit.unit_id}, which has no outcome")
                known[required] = outcome.scores
        return known

    def _fail(self, name: str, key: ArtifactKey, attempt: Attempt, error: Exception) -> None:
        kind = FailureKind.UNUSABLE if isinstance(error, UnusableInputError) else FailureKind.ERROR
        # A failed stage may have left its models in any state: the next try starts with fresh ones.
        if kind == FailureKind.ERROR and name in self._ready:
            self._ready.discard(name)
            with contextlib.suppress(Exception):
                self.stages[name].close()
        self.store.write_attempt(
            key,
            replace(
                attempt,
                state=AttemptState.FAILED,
                ended=time.time(),
                kind=kind,
                error_type=type(error).__name__,
                message=str(error),
                traceback="".join(traceback.format_exception(error)),
            ),
        )


def abandoned(attempt: Attempt, run: str) -> Attempt:
    """The end of an attempt whose process is gone: a crash if the run outlived it, else an interruption."""
    trace = ""
    with contextlib.suppress(OSError):
        trace = Path(attempt.trace_file).read_text(errors="replace")
    if "Timeout" in trace:
        kind, message = FailureKind.TIMEOUT, "ran past its time limit and was ended; the trace shows where it stood"
    elif attempt.run == run:
        kind, message = FailureKind.CRASH, "the worker process died while the stage ran"
    else:
        kind, message = FailureKind.INTERRUPTED, "the run ended while the stage ran"
    return replace(
        attempt,
        state=AttemptState.FAILED,
        ended=time.time(),
        kind=kind,
        error_type=StageCrashError.__name__,
        message=message,
        traceback=trace,
    )


def timed_out(attempt: Attempt, limit: float) -> Attempt:
    """The end of an attempt that ran past its time limit in an engine that can't end it."""
    return replace(
        attempt,
        state=AttemptState.FAILED,
        ended=time.time(),
        kind=FailureKind.TIMEOUT,
        error_type=TimeoutError.__name__,
        message=f"ran past its time limit of {limit:g} s",
    )


def checked_scores(stage: AnyStage, scores: Scores) -> dict[str, Score]:
    """The scores, refused where one is not a finite number, a text, a truth value or null. Raises `ValueError` naming it."""
    import math

    checked: dict[str, Score] = {}
    for name in sorted(scores):
        value = scores[name]
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(
                f"stage {stage.name} gave the score {name} the value {value}; scores are finite, or null where unknown"
            )
        if value is not None and not isinstance(value, bool | int | float | str):
            raise ValueError(f"stage {stage.name} gave the score {name} a {type(value).__name__}; use plain numbers")
        checked[name] = value
    return checked
