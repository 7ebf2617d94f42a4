"""Data sets that several tests read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.train.data.samples import TALL, Kind, pack, sample_of


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven samples in six shards: eight wide, of which two begin a shot, and three tall. All are cached."""
    wide = [sample_of(f"wide-{number}", Kind(motion=number > 1)) for number in range(8)]
    tall = [sample_of(f"tall-{number}", Kind(bucket=TALL)) for number in range(3)]
    return pack(tmp_path_factory.mktemp("dataset"), [*wide, *tall])


@pytest.fixture(scope="session")
def uncached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three samples of level triplet, without caches."""
    kinds = [Kind(), Kind(motion=False), Kind(bucket=TALL)]
    samples = [sample_of(f"plain-{number}", kind, cached=False) for number, kind in enumerate(kinds)]
    return pack(tmp_path_factory.mktemp("uncached"), samples)
