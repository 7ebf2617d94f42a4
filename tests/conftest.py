"""Fixtures that several parts of the suite share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage import REAL_FOOTAGE


@pytest.fixture(scope="session")
def livestream() -> Path:
    """A short rendered livestream; its truth lies beside it."""
    from tests.footage import rendered_livestream

    return rendered_livestream()


@pytest.fixture(scope="session")
def real_livestream() -> Path:
    """The real livestream, where it is at hand."""
    path = REAL_FOOTAGE / "livestream.mp4"
    if not path.exists():
        pytest.skip("needs the real footage beside the repository")
    return path
