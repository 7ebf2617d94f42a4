"""Where the parts of a clip lie: in a shard, or as artifacts of stages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from typing_extensions import override

from cointeract_shards import storage
from cointeract_shards.artifacts import CAPTION, CAPTION_STAGE, ArtifactFolder, ArtifactPlace
from cointeract_shards.manifest_file import ManifestFile
from cointeract_shards.member_table import PackedMember
from cointeract_shards.outcome import Outcome
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.shard_index import MemberLocation


@dataclass(frozen=True, slots=True)
class Place:
    """A run of bytes in a file."""

    name: str
    """Member of a sample, such as `rgb.mp4`."""
    location: storage.Location
    offset: int
    size: int
    digest: str
    """Names the content: it changes when the content does. 64 hexadecimal digits."""
    shard: str | None = None
    """The shard as `<split>/<file>`; None for an artifact, which is a file of its own."""


class Parts(Protocol):
    """The parts of each row of a data set."""

    def members(self, row: int) -> Mapping[str, Place]:
        """Parts by member name. Empty for a clip that nothing was made of."""

    def fingerprints(self, row: int) -> Mapping[str, str]:
        """Fingerprint of each stage that made something."""

    def caption(self, row: int) -> Place | None:
        """The prompts of a clip that isn't packed; those of a packed one are in its `meta.json`."""

    def content(self, row: int) -> str:
        """The hash of what is judged of a row (`cointeract_shards.reviews.content`)."""


@dataclass(frozen=True)
class ManifestParts(Parts):
    """Parts of the clips of a manifest: members of the packed ones, artifacts of the others."""

    manifest: ManifestFile
    clip_ids: Sequence[str]
    shards: storage.Location
    """The folder of shards."""
    artifacts: ArtifactFolder
    contents: pa.ChunkedArray | None
    """The hash of each row's content, None in a manifest from before there were reviews."""

    @override
    def content(self, row: int) -> str:
        stated: str | None = None if self.contents is None else self.contents[row].as_py()
        if stated is not None:
            return stated
        packed = {member.name: member.sha256 for member in self.manifest.members(row)}
        return content_sha256(packed or _artifact_digests(self.artifacts, self._outcomes(row)))

    @override
    def members(self, row: int) -> Mapping[str, Place]:
        packed = self.manifest.packed_members(row)
        if packed:
            return {member.name: _packed_place(self.shards, member) for member in packed}
        return artifact_places(self.artifacts, self._outcomes(row))

    @override
    def fingerprints(self, row: int) -> Mapping[str, str]:
        return self.manifest.fingerprints(row)

    @override
    def caption(self, row: int) -> Place | None:
        packed = bool(self.manifest.packed_members(row))
        return None if packed else caption_place(self.artifacts, self._outcomes(row))

    def _outcomes(self, row: int) -> dict[str, Outcome]:
        return self.artifacts.outcomes(self.clip_ids[row], self.manifest.fingerprints(row))


@dataclass(frozen=True)
class RunningParts(Parts):
    """Parts of clips that a run has begun with: the artifacts that its stages have finished."""

    artifacts: ArtifactFolder
    outcomes: Sequence[Mapping[str, Outcome]]

    @override
    def content(self, row: int) -> str:
        return content_sha256(_artifact_digests(self.artifacts, self.outcomes[row]))

    @override
    def members(self, row: int) -> Mapping[str, Place]:
        return artifact_places(self.artifacts, self.outcomes[row])

    @override
    def fingerprints(self, row: int) -> Mapping[str, str]:
        return {stage: outcome.fingerprint for stage, outcome in self.outcomes[row].items()}

    @override
    def caption(self, row: int) -> Place | None:
        return caption_place(self.artifacts, self.outcomes[row])


@dataclass(frozen=True)
class ShardParts(Parts):
    """Members of samples that were found in shards."""

    root: storage.Location
    samples: Sequence[Sequence[MemberLocation]]

    @override
    def content(self, row: int) -> str:
        return content_sha256({location.name: location.sha256 for location in self.samples[row]})

    @override
    def members(self, row: int) -> Mapping[str, Place]:
        return {location.name: _in_shard(self.root, location) for location in self.samples[row]}

    @override
    def fingerprints(self, row: int) -> Mapping[str, str]:
        return {}

    @override
    def caption(self, row: int) -> Place | None:
        return None


@dataclass(frozen=True)
class JoinedParts(Parts):
    """The rows of one, then those of another."""

    first: Parts
    rows: int
    """Rows of the first."""
    second: Parts

    @override
    def content(self, row: int) -> str:
        return self.first.content(row) if row < self.rows else self.second.content(row - self.rows)

    @override
    def members(self, row: int) -> Mapping[str, Place]:
        return self.first.members(row) if row < self.rows else self.second.members(row - self.rows)

    @override
    def fingerprints(self, row: int) -> Mapping[str, str]:
        return self.first.fingerprints(row) if row < self.rows else self.second.fingerprints(row - self.rows)

    @override
    def caption(self, row: int) -> Place | None:
        return self.first.caption(row) if row < self.rows else self.second.caption(row - self.rows)


def artifact_places(folder: ArtifactFolder, outcomes: Mapping[str, Outcome]) -> dict[str, Place]:
    """The artifacts that stand for members of a clip's sample."""
    return {name: _of_artifact(name, place) for name, place in folder.members(outcomes).items()}


def caption_place(folder: ArtifactFolder, outcomes: Mapping[str, Outcome]) -> Place | None:
    """The artifact that holds a clip's prompts."""
    outcome = outcomes.get(CAPTION_STAGE)
    place = None if outcome is None else folder.place(outcome, CAPTION)
    return None if place is None else _of_artifact(CAPTION, place)


def _artifact_digests(folder: ArtifactFolder, outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: place.sha256 for name, place in folder.members(outcomes).items()}


def _of_artifact(name: str, place: ArtifactPlace) -> Place:
    return Place(name, place.location, 0, place.size, place.sha256)


def _packed_place(root: storage.Location, member: PackedMember) -> Place:
    digest = hashlib.sha256(f"{member.sample_sha256} {member.name}".encode()).hexdigest()
    shard = f"{member.split}/{member.shard}" if member.split else member.shard
    return Place(member.name, storage.join(root, *shard.split("/")), member.offset, member.size, digest, shard)


def _in_shard(root: storage.Location, location: MemberLocation) -> Place:
    shard = f"{location.split}/{location.shard}" if location.split else location.shard
    return Place(
        location.name, storage.join(root, *shard.split("/")), location.offset, location.size, location.sha256, shard
    )
