"""The plan of a run: stages, how they are fused, pools, and whether the machines can hold them.

A layout that can't be scheduled would hang in Ray without a word, so it is refused here with the numbers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from cointeract_curation.core.config import Recipe, unavailable_reasons
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.units import UnitKind
from cointeract_curation.engine.base import Engine, Pool, build_stages, fuse
from cointeract_curation.engine.ray_data import RayEngine

_BYTES_PER_GIB = 1024**3
_DRIVER_GPUS = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class PlannedPool:
    """A pool, what its stages work on, and how many workers it gets."""

    unit: UnitKind
    pool: Pool
    workers: int


@dataclass(frozen=True)
class Plan:
    """What a run would do here."""

    engine: str
    cpus: float
    gpus: float
    memory_gib: float
    pools: tuple[PlannedPool, ...]
    problems: tuple[str, ...]


def machine() -> dict[str, float]:
    """CPUs and GPUs that this process may use, without asking Ray."""
    return {"cpus": float(len(os.sched_getaffinity(0))), "gpus": float(_gpus())}


def _gpus() -> int:
    """GPUs that are visible: those that `CUDA_VISIBLE_DEVICES` names, else all that the driver knows."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return len([one for one in named.split(",") if one.strip() not in {"", "-1"}])
    return len(list(_DRIVER_GPUS.iterdir())) if _DRIVER_GPUS.is_dir() else 0


def make_plan(recipe: Recipe, engine: Engine) -> Plan:
    """Lay the recipe out on the machines at hand. Problems are listed, not raised."""
    stages = build_stages(recipe)
    offered = engine.offers() if isinstance(engine, RayEngine) else machine()
    pools: list[PlannedPool] = []
    problems = unavailable_reasons(recipe)
    for unit in (UnitKind.FILE, UnitKind.SOURCE, UnitKind.SPAN, UnitKind.CLIP):
        fused = fuse([stage for stage in stages.values() if stage.unit == unit])
        problems += layout_problems(fused, offered)
        sizes = (
            engine.pool_sizes(fused)
            if isinstance(engine, RayEngine) and fused
            else [recipe.engine.workers or 1] * len(fused)
        )
        pools += [PlannedPool(unit, pool, size) for pool, size in zip(fused, sizes, strict=True)]
    memory = recipe.engine.memory_gb or psutil.virtual_memory().total / _BYTES_PER_GIB
    return Plan(recipe.engine.kind, offered["cpus"], offered["gpus"], round(memory, 1), tuple(pools), tuple(problems))


def layout_problems(pools: Sequence[Pool], offered: dict[str, float]) -> list[str]:
    """Why pools that run side by side can't all have one worker each; empty where they can.

    Actors hold their share for the whole run, so it is the sum over the pools that has to fit.
    """
    problems = []
    for kind, name in (("cpus", "CPUs"), ("gpus", "GPUs")):
        needed = sum(getattr(pool.resources, kind) for pool in pools)
        if needed > offered[kind]:
            listed = ", ".join(f"{'+'.join(pool.stages)} {getattr(pool.resources, kind):g}" for pool in pools)
            problems.append(
                f"one worker for each pool needs {needed:g} {name} ({listed}); the cluster offers {offered[kind]:g}"
            )
    return problems


def check_layout(recipe: Recipe, stages: Sequence[AnyStage], engine: Engine) -> None:
    """Raise `ConfigurationError` with the numbers where the stages can't be scheduled. Asks a remote cluster, starts none of its own."""
    remote = isinstance(engine, RayEngine) and engine.address is not None
    offered = engine.offers() if isinstance(engine, RayEngine) and remote else machine()
    if recipe.engine.workers is not None and not remote:
        offered = {**offered, "cpus": max(offered["cpus"], float(recipe.engine.workers))}
    for unit in UnitKind:
        problems = layout_problems(fuse([stage for stage in stages if stage.unit == unit]), offered)
        if problems:
            raise ConfigurationError(
                "this layout can't be scheduled: " + "; ".join(problems) + ". Take stages out, or add machines."
            )
