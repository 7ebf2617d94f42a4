"""One run at a time in a folder: two would write each other's lines, and remove what the other is saving."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cointeract_train.errors import RunFolderError

LOCK = ".lock"
HELD = (errno.EACCES, errno.EAGAIN)
NONE_HERE = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
"""Some network file systems know no locks."""

log = logging.getLogger(__name__)


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold a run's folder. It is the process's own lock, so it ends with it however that ends, and processes that read data for
    it, which may outlive it by seconds, don't have it.

    Raises:
        RunFolderError: another run has it.
        OSError: the folder can't be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in HELD:
                file.seek(0)
                raise RunFolderError(
                    f"{folder} is in use by another run ({file.read().strip() or 'an unknown process'}): wait for its end, or name "
                    "another folder"
                ) from error
            if error.errno not in NONE_HERE:
                raise
            log.warning("%s can't be locked (%s): see to it that no other run uses it", folder, error.strerror)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}\n")
        file.flush()
        yield
