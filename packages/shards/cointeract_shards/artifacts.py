"""Reads what stages made of clips: `artifacts/<clip id>/<stage>-<fingerprint>/`, on a disk or in a bucket.

Curation writes this folder; whoever shows a clip that isn't in a shard (rejected, quarantined, or of a run that is still
going) reads its parts here. Nothing is locked: what has an `outcome.json` is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cointeract_shards import members, storage
from cointeract_shards.outcome import Attempt, Outcome

OUTCOME = "outcome.json"
ATTEMPTS_SUFFIX = ".attempts"

MEMBER_STAGES: dict[str, tuple[str, ...]] = {
    members.RGB: ("cut",),
    members.MOTION: ("cut",),
    members.AUDIO: ("cut",),
    members.TRACKS: ("people", "object"),
    members.OBJECT_MASKS: ("object",),
    members.BODY: ("body",),
    members.HOI: ("structure",),
    members.POSE: ("pose",),
    members.PERSON: ("references",),
    members.PRODUCT: ("references",),
}
"""Which stage makes which member of a sample; of several, the last one that the recipe has. `meta.json` is made at packing."""

CAPTION = "caption.json"
"""Artifact of the stage `caption`: the prompts, which go into `meta.json`."""
CAPTION_STAGE = "caption"

_CLIP_ID = re.compile(r"[0-9a-f]{16}-[0-9]{8}")
_RESULT = re.compile(r"(?P<stage>[a-z_0-9]+)-(?P<fingerprint>[0-9a-f]{16})")


@dataclass(frozen=True)
class ArtifactPlace:
    """Where an artifact lies, and what it is."""

    location: storage.Location
    size: int
    sha256: str


class ArtifactFolder:
    """The artifacts of a data set.

    Args:
        root: the folder `artifacts` of a data set; it needn't exist.
    """

    def __init__(self, root: storage.Location) -> None:
        self.root = root

    def clip_ids(self) -> list[str]:
        """Ids of all clips that a stage has begun to work on, sorted."""
        return sorted(name for name in storage.names(self.root) if _CLIP_ID.fullmatch(name))

    def outcomes(self, clip_id: str, fingerprints: Mapping[str, str] | None = None) -> dict[str, Outcome]:
        """Finished stages of a clip.

        Args:
            clip_id: the clip.
            fingerprints: the result to take of each stage, as a manifest states them. None: the latest of each, which is
                what a run that is still going made.

        Raises:
            OutcomeError: an outcome isn't readable.
        """
        folder = storage.join(self.root, clip_id)
        if fingerprints is not None:
            wanted: Iterable[str] = [f"{stage}-{fingerprint}" for stage, fingerprint in fingerprints.items()]
        else:
            wanted = [name for name in storage.names(folder) if _RESULT.fullmatch(name)]
        found: dict[str, Outcome] = {}
        for name in wanted:
            outcome = self._outcome(folder, name)
            if outcome is None:
                continue
            known = found.get(outcome.stage)
            if known is None or outcome.started > known.started:
                found[outcome.stage] = outcome
        return found

    def last_attempt(self, clip_id: str) -> tuple[str, Attempt] | None:
        """Stage and try of the most recent try that didn't succeed, or None.

        Raises:
            OutcomeError: an attempt isn't readable.
        """
        folder = storage.join(self.root, clip_id)
        latest: tuple[str, Attempt] | None = None
        for name in storage.names(folder):
            result = _RESULT.fullmatch(name.removesuffix(ATTEMPTS_SUFFIX))
            if result is None or not name.endswith(ATTEMPTS_SUFFIX):
                continue
            tries = storage.join(folder, name)
            for file in storage.names(tries):
                place = storage.join(tries, file)
                attempt = Attempt.from_bytes(storage.read_bytes(place), str(place))
                if latest is None or attempt.started > latest[1].started:
                    latest = result["stage"], attempt
        return latest

    def place(self, outcome: Outcome, name: str) -> ArtifactPlace | None:
        """Where an artifact of a finished stage lies, or None where the stage made no such one."""
        file = outcome.artifacts.get(name)
        if file is None:
            return None
        folder = f"{outcome.stage}-{outcome.fingerprint}"
        return ArtifactPlace(storage.join(self.root, outcome.unit_id, folder, name), file.size, file.sha256)

    def members(self, outcomes: Mapping[str, Outcome]) -> dict[str, ArtifactPlace]:
        """The artifacts that become members of the clip's sample, by member."""
        found = {}
        for member, stages in MEMBER_STAGES.items():
            for stage in reversed(stages):
                place = self.place(outcomes[stage], member) if stage in outcomes else None
                if place is not None:
                    found[member] = place
                    break
        return found

    def _outcome(self, folder: storage.Location, name: str) -> Outcome | None:
        place = storage.join(folder, name, OUTCOME)
        try:
            data = storage.read_bytes(place)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Outcome.from_bytes(data, str(place))
