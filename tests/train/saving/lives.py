"""Runs in processes of their own, which can be killed; started from one that has imported everything, so each takes no time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from cointeract_train.module import TrainingModule

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["cointeract.cli", "cointeract_train.run", "tests.train.toy"])


def live(action: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """Start a process that acts. It leads a group of its own, to which signals can be sent."""
    process = _CONTEXT.Process(target=_act, args=(action, arguments))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for its exit code; of one that a signal ended the signal's number, negative."""
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _act(action: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    import torch

    os.setpgid(0, 0)
    torch.set_num_threads(1)
    action(*arguments)


def command(arguments: list[str], drawn: Path | None = None) -> None:
    """`cointeract` with arguments.

    Args:
        arguments: of the command.
        drawn: file to which each pass adds its step and its samples; None: no file.
    """
    from cointeract.cli import main

    if drawn is not None:
        training_step = TrainingModule.training_step

        def noted(module: TrainingModule, batch: Any, batch_idx: int) -> Any:
            with drawn.open("a") as file:
                file.write(f"{module.global_step + 1} {' '.join(f'{one.key}:{one.seed}' for one in batch)}\n")
            return training_step(module, batch, batch_idx)

        TrainingModule.training_step = noted  # type: ignore[method-assign]
    sys.argv = ["cointeract", *arguments]
    main()


def killed_at(moment: int, counted: str, action: Callable[..., None], *arguments: Any) -> None:
    """Act, and be killed at the so many-th call of a function of `os`, before it does anything."""
    function, calls = getattr(os, counted), 0

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    setattr(os, counted, counting)
    action(*arguments)
