"""A curation run: from input files to decided clips, shards, manifest and report.

The run goes through four kinds of unit: files are identified by content, sources are probed, spans of sources are searched for
shots, windows are cut out and measured. Between them this process only reads outcomes. Whatever is finished is found finished, so
a run that was ended at any moment goes on where it stood.
"""

from __future__ import annotations

import errno
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cointeract_curation.core.config import Recipe, unavailable_reasons
from cointeract_curation.core.corrections import read_corrections
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.fingerprint import AnyUnit
from cointeract_curation.core.local_store import LocalStore
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import AttemptState
from cointeract_curation.core.standing import State
from cointeract_curation.core.units import FileUnit
from cointeract_curation.engine.base import Engine, Job, Pool, build_stages, fuse
from cointeract_curation.engine.inprocess import InProcessEngine
from cointeract_curation.engine.plan import check_layout
from cointeract_curation.engine.ray_data import RayEngine
from cointeract_curation.engine.report import StageState, UnitReport
from cointeract_curation.engine.worker import abandoned
from cointeract_curation.ledger import Ledger, LedgerReader
from cointeract_curation.pack import damaged, needs_packing, pack
from cointeract_curation.progress import Progress
from cointeract_curation.report import write_report
from cointeract_curation.reviewed import ReviewCounts, Selection, select, tell
from cointeract_curation.tables import write_tables
from cointeract_shards.storage import is_url

log = logging.getLogger(__name__)

# Reading files to hash them waits for disks, not for cores.
IDENTIFY_THREADS = 4
# Each round settles every unit whose worker lives; a unit that kills its worker is out after its failures are used up.
EXTRA_ROUNDS = 2


@dataclass(frozen=True)
class RunResult:
    """What a run ended with. ``worked`` counts stages that really ran, as opposed to results that were there already."""

    ledger: Ledger
    reviews: ReviewCounts
    worked: int
    packed: bool
    seconds: float


def make_engine(recipe: Recipe) -> Engine:
    """The engine that the recipe names."""
    if recipe.engine.kind == "ray":
        return RayEngine(recipe.engine.ray_address, recipe.engine.workers, recipe.engine.workers)
    return InProcessEngine(recipe.engine.workers or 1)


class CurationRun:
    """One run over one data set. Hold the data set's lock while it is used."""

    def __init__(self, dataset: Dataset, recipe: Recipe, engine: Engine, progress: Progress) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.engine = engine
        self.progress = progress
        self.stages = build_stages(recipe)
        self.store = open_store(dataset.root)
        self.job = Job(
            dataset.root,
            recipe.to_mapping(),
            uuid.uuid4().hex[:12],
            corrections=recipe.corrections.model_dump(mode="json"),
        )
        self.worked = 0

    def run(self, files: Sequence[FileUnit]) -> RunResult:
        """Curate ``files`` together with those that the data set has from earlier runs.

        Raises `ConfigurationError` where the recipe can't run, `AssertionError` where the sums don't match.
        """
        begun = time.monotonic()
        refuse_unavailable(self.recipe)
        if isinstance(self.store, LocalStore):
            self.store.clean_temporary()
        for unit in files:
            self.store.register(unit)
        # Results are looked at twice: sizes are verified before work, which may send a damaged one round again.
        before = LedgerReader(self.store, self.stages, self.recipe, verify=True)
        known = list(self.store.registered())
        self._settle(
            before, before.chains.file, known, InProcessEngine(IDENTIFY_THREADS) if _local(known) else self.engine
        )
        rows = before.files(known)
        sources = [row.source for row in rows if row.source is not None and not row.duplicate_of]
        probe = tuple(name for name in before.chains.source if name != "split")
        self._settle(before, probe, sources, self.engine)
        probed = [unit for unit in sources if before.register.standing(unit, probe).state == State.ACCEPTED]
        unsplit = [
            unit for unit in probed if before.register.standing(unit, before.chains.source).state == State.PENDING
        ]
        # Planning spans reads the source's timeline, so each source's spans are planned once.
        planned = [(unit, before.spans(unit)) for unit in unsplit]
        self._settle(before, before.chains.span, [span for _, spans in planned for span in spans], self.engine)
        whole = [
            unit
            for unit, spans in planned
            if all(before.register.standing(span, before.chains.span).state == State.ACCEPTED for span in spans)
        ]
        self._settle(before, ("split",), whole, InProcessEngine())
        clips = list(before.clip_units(before.sources(rows)))
        self._settle(before, before.chains.clip, clips, self.engine)
        ledger = self._checked_ledger(known)
        selection = select(self.dataset, self.recipe, ledger)
        if needs_packing(self.dataset, self.stages, self.recipe, selection) and (
            keys := damaged(self.store, self.stages, selection)
        ):
            for key in keys:
                log.warning("%s: an artifact was changed on disk since it was made; the stage runs again", key.folder)
                self.store.remove(key)
            self._settle(before, before.chains.clip, clips, self.engine)
            ledger = self._checked_ledger(known)
            selection = select(self.dataset, self.recipe, ledger)
        packed = self._write(ledger, selection)
        return RunResult(ledger, selection.counts, self.worked, packed, time.monotonic() - begun)

    def _write(self, ledger: Ledger, selection: Selection) -> bool:
        """Tables, shards with their manifest, and the report. Returns whether shards were written."""
        tell(selection)
        write_tables(self.dataset, ledger)
        packed = pack(self.dataset, self.store, self.stages, self.recipe, ledger, selection)
        write_report(self.dataset, self.store, self.stages, self.recipe, ledger, selection.counts)
        return packed

    def _checked_ledger(self, files: Sequence[FileUnit]) -> Ledger:
        ledger = LedgerReader(self.store, self.stages, self.recipe).read(files)
        ledger.check_sums()
        return ledger

    def _settle(self, reader: LedgerReader, chain: tuple[str, ...], units: Sequence[AnyUnit], engine: Engine) -> None:
        """Run ``chain`` on all units that aren't settled, until they are."""
        if not chain or not units:
            return
        pools = fuse([self.stages[name] for name in chain])
        waiting = [unit for unit in units if not reader.register.standing(unit, chain).settled]
        rounds = self.recipe.attempts.failures + EXTRA_ROUNDS
        for _ in range(rounds):
            if not waiting:
                return
            self._run(engine, pools, waiting)
            # Ray drops what a worker raises; a full disk is what makes all of them raise.
            self.store.check_room()
            waiting = [unit for unit in waiting if not reader.register.standing(unit, chain).settled]
            for unit in waiting:
                self._close_abandoned(reader, chain, unit)
        if waiting:
            names = ", ".join(unit.unit_id for unit in waiting[:3])
            raise RuntimeError(
                f"{len(waiting)} units have no result after {rounds} rounds ({names}); see the log of the workers, then run again"
            )

    def _run(self, engine: Engine, pools: Sequence[Pool], units: Sequence[AnyUnit]) -> None:
        stages = [stage for pool in pools for stage in pool.stages]
        self.progress.begin(stages, len(units))
        try:
            for report in engine.run(self.job, pools, units):
                self.worked += sum(item.seconds > 0 for item in report.stages)
                self.progress.advance(report)
                self._tell(report)
        finally:
            self.progress.end()

    def _tell(self, report: UnitReport) -> None:
        last = report.stages[-1] if report.stages else None
        if last is not None and last.state == StageState.QUARANTINED:
            log.warning("%s is quarantined at %s; `cointeract status` tells why", report.unit_id, last.stage)

    def _close_abandoned(self, reader: LedgerReader, chain: tuple[str, ...], unit: AnyUnit) -> None:
        """The engine is done and nobody holds the unit: an attempt that still runs ended with its worker."""
        for name in chain:
            key = reader.lineage.key(name, unit)
            for attempt in self.store.trial(key).attempts:
                if attempt.state == AttemptState.STARTED:
                    self.store.write_attempt(key, abandoned(attempt, self.job.run))


def refuse_unavailable(recipe: Recipe) -> None:
    """Raise `ConfigurationError` if the recipe names something that can't run here."""
    reasons = unavailable_reasons(recipe)
    if reasons:
        lines = "\n  ".join(reasons)
        raise ConfigurationError(
            f"recipe {recipe.name} can't run as it is:\n  {lines}\n`cointeract doctor` tells what each backend needs."
        )


def _local(units: Sequence[FileUnit]) -> bool:
    return not any(is_url(unit.path) for unit in units)


def curate(
    files: Sequence[FileUnit], output: str, recipe: Recipe, progress: Progress, *, reconfigure: bool = False
) -> RunResult:
    """Curate ``files`` into the data set ``output``.

    Raises `ConfigurationError` for anything that keeps the run from starting: the output is in use, can't be written, or was
    made with another configuration; the recipe can't run here.
    """
    refuse_unavailable(recipe)
    dataset = Dataset(output)
    engine = make_engine(recipe)
    try:
        return run_locked(dataset, recipe, engine, progress, files, reconfigure=reconfigure)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
            raise
        raise ConfigurationError(f"can't write to {output}: {error.strerror}; what is finished stays") from error
    finally:
        engine.close()


def run_locked(
    dataset: Dataset,
    recipe: Recipe,
    engine: Engine,
    progress: Progress,
    files: Sequence[FileUnit],
    *,
    reconfigure: bool,
) -> RunResult:
    """One run under the data set's lock, with its corrections.

    Raises as `curate` does.
    """
    with dataset.lock():
        dataset.prepare(recipe, reconfigure=reconfigure)
        recipe = replace(recipe, corrections=read_corrections(dataset.location()))
        run = CurationRun(dataset, recipe, engine, progress)
        check_layout(recipe, list(run.stages.values()), engine)
        return run.run(files)
