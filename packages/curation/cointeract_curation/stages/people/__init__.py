"""The stage `people`: face, hands and body of the person who demonstrates, as tracks through a clip."""

from __future__ import annotations

from cointeract_curation.stages.people.config import PeopleConfig
from cointeract_curation.stages.people.stage import PeopleStage

__all__ = ["PeopleConfig", "PeopleStage"]
