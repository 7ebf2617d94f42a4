"""The in-process engine: threads of this process, for debugging and as the reference that every other engine must equal.

Decoding, encoding and the detectors run outside Python's lock, so two threads do fill two cores. A stage that hangs costs its
thread, which is given up and replaced; a stage that takes the process down ends the run, and the next run knows which unit it was.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cointeract_curation.core.fingerprint import AnyUnit
from cointeract_curation.engine.base import Job, Pool
from cointeract_curation.engine.guard import ThreadGuard
from cointeract_curation.engine.report import UnitReport

log = logging.getLogger(__name__)

_POLL_S = 0.25


@dataclass
class _Thread:
    """One worker thread and the unit it holds."""

    guard: ThreadGuard
    thread: threading.Thread | None = None
    unit: AnyUnit | None = None


@dataclass
class InProcessEngine:
    """Runs units in ``workers`` threads, each with its own models."""

    workers: int = 1

    def run(self, job: Job, pools: Sequence[Pool], units: Sequence[AnyUnit]) -> Iterator[UnitReport]:
        """Run ``units`` through all ``pools``, each unit in one thread from start to end."""
        chain = tuple(stage for pool in pools for stage in pool.stages)
        waiting: queue.SimpleQueue[AnyUnit] = queue.SimpleQueue()
        for unit in units:
            waiting.put(unit)
        finished: queue.SimpleQueue[tuple[_Thread, UnitReport | BaseException | None]] = queue.SimpleQueue()
        stop = threading.Event()
        threads = [self._start(job, chain, waiting, finished, stop) for _ in range(min(self.workers, len(units)))]
        try:
            while threads:
                try:
                    sender, result = finished.get(timeout=_POLL_S)
                except queue.Empty:
                    self._replace_overdue(threads, job, chain, waiting, finished, stop)
                    continue
                if sender not in threads:
                    continue
                if isinstance(result, UnitReport):
                    yield result
                elif result is None:
                    threads.remove(sender)
                else:
                    raise result
        finally:
            stop.set()

    def close(self) -> None:
        """Nothing is held between runs."""

    def _start(
        self,
        job: Job,
        chain: tuple[str, ...],
        waiting: queue.SimpleQueue[AnyUnit],
        finished: queue.SimpleQueue[tuple[_Thread, UnitReport | BaseException | None]],
        stop: threading.Event,
    ) -> _Thread:
        state = _Thread(ThreadGuard())

        def work() -> None:
            worker = job.worker(chain, state.guard)
            try:
                while not stop.is_set():
                    try:
                        state.unit = waiting.get_nowait()
                    except queue.Empty:
                        break
                    finished.put((state, worker.process(state.unit)))
                    if state.guard.given_up:
                        return
                worker.close()
                finished.put((state, None))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that reads the reports
                finished.put((state, error))

        state.thread = threading.Thread(target=work, name="curation-worker", daemon=True)
        state.thread.start()
        return state

    def _replace_overdue(
        self,
        threads: list[_Thread],
        job: Job,
        chain: tuple[str, ...],
        waiting: queue.SimpleQueue[AnyUnit],
        finished: queue.SimpleQueue[tuple[_Thread, UnitReport | BaseException | None]],
        stop: threading.Event,
    ) -> None:
        for index, state in enumerate(threads):
            what = state.guard.give_up_if_overdue()
            if what is None:
                continue
            log.warning("%s ran past its time limit; its thread is given up", what)
            if state.unit is not None:
                waiting.put(state.unit)
            threads[index] = self._start(job, chain, waiting, finished, stop)
