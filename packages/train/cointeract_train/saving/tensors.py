"""The tensors of a state: which they are, and how they are written and read by processes that each hold a share or all of them.

Names don't depend on the strategy, and values are those of whole tensors, so one process, DDP and FSDP2 read one another's.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_optimizer_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.optim import Optimizer

from cointeract_train.errors import ResumeError

MODULE, OPTIMISER = "module", "optimiser"
STATE = "state"
"""Key of the tensors in what PyTorch calls an optimiser's state; the other one has its settings."""


def tensors_of(module: nn.Module, optimiser: Optimizer | None) -> dict[str, Tensor]:
    """What is saved of a training module: the tensors themselves, so that reading into them is all there is to do.

    Args:
        module: all of whose tensors are taken but frozen parameters below `model`.
        optimiser: of its parameters; one without a state yet is given the state of no step. None: leave it out.

    Returns:
        `module.<name>`, and `optimiser.<name>.<what>` for each parameter that is trained.
    """
    frozen = {
        f"model.{name}" for name, one in module.get_submodule("model").named_parameters() if not one.requires_grad
    }
    tensors = {f"{MODULE}.{name}": one for name, one in get_model_state_dict(module).items() if name not in frozen}
    if optimiser is not None:
        states: Any = get_optimizer_state_dict(module, optimiser)[STATE]
        for name, state in states.items():
            tensors |= {f"{OPTIMISER}.{name}.{what}": value for what, value in state.items()}
    return tensors  # type: ignore[return-value]  # a state dict of PyTorch may hold more than tensors; this module's doesn't


def write_tensors(tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Write tensors, each process its share; all processes must.

    Raises:
        OSError, RuntimeError: in all processes, where one of them couldn't.
    """
    with _as_errors(), _quiet():
        save(dict(tensors), storage_writer=FileSystemWriter(folder))


def read_tensors(tensors: Mapping[str, Tensor], folder: Path, *, all_of_it: bool = True) -> None:
    """Read into tensors, each process its share, whatever the shares were when they were written; all processes must.

    Args:
        tensors: to fill.
        folder: that `write_tensors` filled.
        all_of_it: whether what is there and not asked for is an error.

    Raises:
        ResumeError: other names or shapes are there.
        OSError, RuntimeError: it can't be read.
    """
    with _as_errors(), _quiet():
        saved = {
            name: stored.size
            for name, stored in FileSystemReader(folder).read_metadata().state_dict_metadata.items()
            if isinstance(stored, TensorStorageMetadata)
        }
        own = {name: tensor.shape for name, tensor in tensors.items()}
        names = own.keys() ^ saved.keys() if all_of_it else own.keys() - saved.keys()
        wrong = sorted(names) or sorted(name for name in own if own[name] != saved[name])
        if wrong:
            raise ResumeError(
                f"the saved state doesn't fit the model: {len(wrong)} names or shapes differ, the first is {wrong[0]}: "
                f"{_shape(saved.get(wrong[0]))} in {folder.parent}, {_shape(own.get(wrong[0]))} in the model"
            )
        load(dict(tensors), storage_reader=FileSystemReader(folder))


def _shape(size: torch.Size | None) -> str:
    return "none" if size is None else str(tuple(size))


@contextmanager
def _as_errors() -> Iterator[None]:
    """PyTorch raises what isn't an `Exception`, with tracebacks of all processes in its text; here the first cause is."""
    try:
        yield
    except CheckpointException as failed:
        rank, (cause, _) = next(iter(failed.failures.items()))
        if isinstance(cause, OSError | RuntimeError):
            raise cause from failed
        raise RuntimeError(f"process {rank}: {type(cause).__name__}: {cause}") from failed


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warning that one process is one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"torch\.distributed\.checkpoint")
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield
