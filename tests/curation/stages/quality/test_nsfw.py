from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.stages.quality import QualityConfig, QualityStage
from cointeract_curation.stages.quality.nsfw import NudityDetector
from tests.curation.stages.quality.scenes import texture

INSTALLED = importlib.util.find_spec("nudenet") is not None


@pytest.mark.skipif(INSTALLED, reason="NudeNet is installed here")
def test_asking_for_nudenet_where_it_is_missing_names_the_extra_and_its_licence() -> None:
    with pytest.raises(ConfigurationError, match=r"extra `nsfw`.*AGPL-3\.0.*pip install"):
        QualityStage(QualityConfig(nsfw=True))


def test_a_missing_module_is_reported_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"extra `nsfw`.*AGPL-3\.0.*pip install"):
        QualityStage(QualityConfig(nsfw=True))
    QualityStage(QualityConfig())


def test_nudenet_is_part_of_the_revision_only_where_it_is_used() -> None:
    assert "nudenet" not in QualityStage(QualityConfig()).revision()
    if INSTALLED:
        assert "nudenet==" in QualityStage(QualityConfig(nsfw=True)).revision()


@pytest.mark.skipif(not INSTALLED, reason="needs the extra nsfw")
def test_a_picture_of_nothing_is_not_nude() -> None:
    pictures = [texture(640, 360), np.zeros((640, 360, 3), dtype=np.uint8)]
    assert NudityDetector().highest_score(pictures) == 0.0
