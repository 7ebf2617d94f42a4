"""The Ray Data engine: the same workers as actors, one pool for each group of fused stages.

Only ids travel through Ray's object store; video and masks are artifacts. Ray Data's own defaults would retry a dead actor for
ever and drop a failed block without a word, so both are bounded here, and a unit that doesn't come back is looked up in the
artifact store by the caller.
"""

from __future__ import annotations

import logging
import os
import secrets
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cointeract_curation.core.fingerprint import AnyUnit
from cointeract_curation.core.units import unit_from_json, unit_to_json
from cointeract_curation.engine.base import Job, Pool
from cointeract_curation.engine.guard import ProcessGuard
from cointeract_curation.engine.report import UnitReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

# A block is what is lost when its worker dies; all that is lost is looking up again what is finished. Small sets get a block for
# each unit, so that all workers have something to do; large ones fewer, so that the driver isn't busy with bookkeeping.
SMALL_SET = 2_000
UNITS_PER_BLOCK = 16
# A unit is quarantined by its own attempts long before these run out; they bound what a broken machine can cost.
ACTOR_RESTARTS = 100
TASK_RETRIES = 8
OBJECT_STORE_BYTES = 128 * 1024 * 1024
IN_FLIGHT_PER_ACTOR = 2
# Many small models on few cores run fastest with a thread each, and only then give the same bits everywhere.
SINGLE_THREADED = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
QUIET = {"GLOG_minloglevel": "3", "TF_CPP_MIN_LOG_LEVEL": "3"}


class _Actor:
    """One worker process of a pool."""

    def __init__(self, job: Job, chain: tuple[str, ...]) -> None:
        self._worker = job.worker(chain, ProcessGuard())

    def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, list[str]]:
        units, reports = list(batch["unit"]), list(batch["report"])
        for index, (unit, text) in enumerate(zip(units, reports, strict=True)):
            before = UnitReport.from_json(text)
            if not before.stopped:
                reports[index] = before.joined(self._worker.process(unit_from_json(unit))).to_json()
        return {"unit": units, "report": reports}


@dataclass
class RayEngine:
    """Runs units on a Ray cluster: one that is running (``address``), or one of its own on this machine.

    ``cpus`` limits a cluster of its own; None takes the cores of this machine. ``workers`` limits each CPU pool.
    """

    address: str | None = None
    cpus: int | None = None
    workers: int | None = None
    _started: bool = field(default=False, init=False)

    def start(self) -> None:
        """Start or join the cluster. Called by `run` and `offers`; a second call does nothing."""
        if self._started:
            return
        # Ray reads these when it is imported.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        if self.address is None:
            # Whoever reaches a cluster's ports can run code as its user: ours has a secret of its own for as long as it lives.
            # A cluster that is joined brings its own setting.
            os.environ.setdefault("RAY_AUTH_MODE", "token")
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        # What goes wrong in a worker is recorded with its unit; Ray's own processes need not talk over the progress.
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
        import ray

        environment = {"env_vars": {**SINGLE_THREADED, **QUIET}}
        if self.address is None:
            ray.init(
                num_cpus=self.cpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env=environment,
            )
        else:
            ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, runtime_env=environment)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1
        context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        self._started = True

    def offers(self) -> dict[str, float]:
        """What the cluster has: CPUs, GPUs."""
        self.start()
        import ray

        found = ray.cluster_resources()
        return {"cpus": float(found.get("CPU", 0)), "gpus": float(found.get("GPU", 0))}

    def run(self, job: Job, pools: Sequence[Pool], units: Sequence[AnyUnit]) -> Iterator[UnitReport]:
        """Stream ``units`` through one actor pool after the other."""
        if not units:
            return
        self.start()
        import ray
        from ray.data import ActorPoolStrategy

        rows = [{"unit": unit_to_json(unit), "report": UnitReport(unit.unit_id, ()).to_json()} for unit in units]
        per_block = 1 if len(rows) <= SMALL_SET else UNITS_PER_BLOCK
        dataset = ray.data.from_items(rows, override_num_blocks=-(-len(rows) // per_block))
        # Ray has no named parameters yet for restarts and retries, and warns that it will.
        warnings.filterwarnings("ignore", message=".*ray_remote_args.* is deprecated")
        for pool, size in zip(pools, self.pool_sizes(pools), strict=True):
            dataset = dataset.map_batches(
                _Actor,
                fn_constructor_args=(job, pool.stages),
                batch_size=None,
                zero_copy_batch=True,
                num_cpus=pool.resources.cpus,
                num_gpus=pool.resources.gpus,
                compute=ActorPoolStrategy(size=min(size, len(rows)), max_tasks_in_flight_per_actor=IN_FLIGHT_PER_ACTOR),
                max_restarts=ACTOR_RESTARTS,
                max_task_retries=TASK_RETRIES,
            )
        for batch in dataset.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
            for text in batch.column("report").to_pylist():
                yield UnitReport.from_json(text)

    def pool_sizes(self, pools: Sequence[Pool]) -> list[int]:
        """Actors for each pool: GPUs as far as they and CPUs go; other CPUs shared out evenly among the pools that use no GPU."""
        offered = self.offers()
        cpu_pools = [pool for pool in pools if pool.resources.gpus == 0]
        gpu_pools = len(pools) - len(cpu_pools)
        # Every pool holds its CPUs for the whole run: those of GPU workers are taken first, and leave one worker to each other pool.
        spare = offered["cpus"] - sum(pool.resources.cpus for pool in cpu_pools)
        sizes = {}
        for index, pool in enumerate(pools):
            if pool.resources.gpus > 0:
                by_gpus = offered["gpus"] / pool.resources.gpus / gpu_pools
                by_cpus = spare / pool.resources.cpus / gpu_pools if pool.resources.cpus else by_gpus
                sizes[index] = max(1, int(min(by_gpus, by_cpus)))
        left = offered["cpus"] - sum(size * pools[index].resources.cpus for index, size in sizes.items())
        for index, pool in enumerate(pools):
            if pool.resources.gpus == 0:
                share = left / len(cpu_pools) / pool.resources.cpus
                sizes[index] = max(1, int(min(share, self.workers) if self.workers else share))
        return [sizes[index] for index in range(len(pools))]

    def close(self) -> None:
        """End the cluster if it is ours, else leave it."""
        if self._started:
            import ray

            ray.shutdown()
            self._started = False
