"""The processes of a run, and this one's place among them: known before they are started, or as they were started."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lightning.fabric.plugins import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from cointeract_train.config import HardwareSettings
from cointeract_train.errors import RecipeError


@dataclass(frozen=True)
class Processes:
    """`each * nodes` processes; `sharing` neighbours of them share every sample's tokens, and so read the same samples."""

    rank: int
    """Of this process, from 0."""
    each: int
    """On one machine."""
    nodes: int
    """Machines."""
    sharing: int
    environment: ClusterEnvironment
    """By which they find one another."""

    @property
    def count(self) -> int:
        """Of all."""
        return self.each * self.nodes

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    @property
    def data_rank(self) -> int:
        """Of this process among those that read different samples."""
        return self.rank // self.sharing

    @property
    def data_ranks(self) -> int:
        """How many read different samples."""
        return self.count // self.sharing


def find_processes(settings: HardwareSettings) -> Processes:
    """As torchrun or Slurm started them, else as the settings say: then the trainer starts those of this machine.

    Raises:
        RecipeError: the settings say otherwise than what was started, or a group that shares samples doesn't divide them.
    """
    environment: ClusterEnvironment
    if TorchElasticEnvironment.detect():
        environment = TorchElasticEnvironment()
        each, count, rank = _number("LOCAL_WORLD_SIZE"), environment.world_size(), environment.global_rank()
        by = "torchrun"
    elif SLURMEnvironment.detect():
        try:
            # Requeueing would save and load states of its own beside the run's.
            environment = SLURMEnvironment(auto_requeue=False)
        except RuntimeError as error:  # how many tasks a node has isn't told
            raise RecipeError(f"the Slurm job: {error}") from error
        count, rank = environment.world_size(), environment.global_rank()
        each, by = count // _number("SLURM_NNODES"), "Slurm"
    else:
        environment = LightningEnvironment()
        each, nodes = settings.processes or 1, settings.nodes or 1
        count, rank = each * nodes, environment.node_rank() * each + environment.local_rank()
        by = ""
    found = Processes(rank, each, count // each, settings.sequence_parallel, environment)
    if by and ((settings.processes or each) != each or (settings.nodes or found.nodes) != found.nodes):
        raise RecipeError(
            f"{by} started {each} processes on each of {found.nodes} machines, but hardware.processes is {settings.processes} and "
            f"hardware.nodes {settings.nodes}: leave them out, or start as many"
        )
    if found.count % found.sharing:
        raise RecipeError(
            f"hardware.sequence_parallel is {found.sharing}, which doesn't divide {found.count} processes (hardware.processes and "
            "hardware.nodes, or what torchrun or Slurm started)"
        )
    return found


def _number(variable: str) -> int:
    try:
        return max(int(os.environ[variable]), 1)
    except (KeyError, ValueError) as error:
        raise RecipeError(f"the environment's {variable} isn't a number of processes: {error}") from error
