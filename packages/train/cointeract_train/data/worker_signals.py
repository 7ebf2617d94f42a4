"""Signals in the processes that read data: what stops a run is said to the training process, which ends them."""

from __future__ import annotations

import os
import signal
import threading

IGNORED = (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)


def leave_to_training(_worker: int) -> None:
    """Let this process live through signals that come to all processes of a terminal or a job at once.

    Otherwise the training process would lack its next batch, or be told in the middle of a save that a worker is gone, and couldn't end
    in its own time.
    """
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    # Only a signal that is waited for tells who sent it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_when_the_parent_says, name="sigterm", daemon=True).start()


def _end_when_the_parent_says() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
