"""Workers keep the memory that they let go of."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECK = """
import resource, numpy as np
from cointeract_curation.engine.allocator import keep_freed_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(8_000_000, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
first = faults()
assert keep_freed_memory()
faults()
print(first, faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_arrays_are_not_asked_for_again() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)
    before, after = (int(word) for word in done.stdout.split())
    assert after * 5 < before
