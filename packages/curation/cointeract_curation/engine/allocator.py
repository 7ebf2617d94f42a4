"""How a worker's process asks the system for memory.

Stages make arrays of tens of megabytes and let go of them many times a clip. The C library gives every such block back at once and
asks for it again, and the system hands out each of its pages anew, zeroed: a fifth of the time of the stage `object`. A worker keeps
what it once had instead; its largest use, and so what a machine must have, stays the same.
"""

from __future__ import annotations

import ctypes
import logging

log = logging.getLogger(__name__)

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Names of options in glibc's <malloc.h>."""
KEPT_BYTES = 2**31 - 1
"""As much as the option takes, which is a C int."""


def keep_freed_memory() -> bool:
    """Make the allocator of this process keep large freed blocks for the next ones; False where it isn't glibc's.

    One arena for all threads: those of others are too small for large blocks, which would go around them.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        log.debug("the C library has no mallopt; freed memory goes back to the system")
        return False
    options = ((M_ARENA_MAX, 1), (M_MMAP_THRESHOLD, KEPT_BYTES), (M_TRIM_THRESHOLD, KEPT_BYTES))
    taken = [mallopt(option, value) == 1 for option, value in options]
    return all(taken)
