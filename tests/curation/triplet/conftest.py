from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cointeract_curation.triplet.clip import HandledClip
from cointeract_curation.triplet.judge import MeasuredJudge
from tests.curation.triplet.scenes import rendered_clip


@pytest.fixture(scope="session")
def woman(livestream: Path) -> HandledClip:
    """A woman with a bottle."""
    return rendered_clip(livestream, 60, 40)


@pytest.fixture(scope="session")
def man(livestream: Path) -> HandledClip:
    """A man with a jar."""
    return rendered_clip(livestream, 260, 40)


@pytest.fixture(scope="session")
def judge() -> Iterator[MeasuredJudge]:
    judge = MeasuredJudge()
    yield judge
    judge.close()
