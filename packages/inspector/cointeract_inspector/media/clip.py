"""What a clip's artifacts are called in URLs, and the bytes that stand behind each name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import BoundedSemaphore

from cointeract_inspector.data.parts import Place
from cointeract_inspector.data.snapshot import Snapshot
from cointeract_inspector.errors import ApiError
from cointeract_inspector.media import pictures, source_crop
from cointeract_inspector.media.cache import DiskCache
from cointeract_inspector.media.derived import masks_json, peaks_json
from cointeract_inspector.media.reader import Reader
from cointeract_inspector.media.respond import version
from cointeract_inspector.media.video import frames_at
from cointeract_shards import members
from cointeract_shards.object_masks import ObjectMasks

MP4, WAV, PNG, JSON, WEBP = "video/mp4", "audio/wav", "image/png", "application/json", "image/webp"
STORED: dict[str, tuple[str, str]] = {
    "rgb": (members.RGB, MP4),
    "hoi": (members.HOI, MP4),
    "motion": (members.MOTION, MP4),
    "pose": (members.POSE, MP4),
    "audio": (members.AUDIO, WAV),
    "person": (members.PERSON, PNG),
    "product": (members.PRODUCT, PNG),
    "tracks": (members.TRACKS, JSON),
}
"""Artifacts that are sent as they are stored: member and media type."""
VIDEOS = ("rgb", "hoi", "motion", "pose")
REFERENCES = ("person", "product")
DERIVED: dict[str, tuple[str, str]] = {
    "poster": (members.RGB, WEBP),
    "strip": (members.RGB, WEBP),
    "masks": (members.OBJECT_MASKS, JSON),
    "peaks": (members.AUDIO, JSON),
}
"""Artifacts that are made from a member, and their media type."""
CARD_PICTURES = ("poster", "strip")
MADE = "1"
"""Changes when what is made of a member changes."""
MAKERS = 2
"""Pictures that are made at once: decoding takes a core each."""
FRAME_SCORE = "references.{reference}_frame"
"""The score that says which frame a reference was made from."""


@dataclass(frozen=True)
class Content:
    """Bytes that were made, and the digest that names them."""

    data: bytes
    media_type: str
    digest: str


class Clips:
    """Artifacts of the clips of one snapshot.

    Args:
        snapshot: the clips.
        cache: keeps pictures that were made.
    """

    def __init__(self, snapshot: Snapshot, cache: DiskCache) -> None:
        self.snapshot = snapshot
        self.reader = Reader()
        self._cache = cache
        self._makers = BoundedSemaphore(MAKERS)

    def row(self, sample: str) -> int:
        """Row of a sample.

        Raises:
            ApiError: 404, there is no such sample.
        """
        row = self.snapshot.clip_ids.row(sample)
        if row is None:
            raise ApiError(404, "not_found", f"this data set has no sample {sample!r}", "load the page again")
        return row

    def place(self, row: int, member: str) -> Place:
        """Where a member lies.

        Raises:
            ApiError: 404, the clip doesn't have it.
        """
        place = self.snapshot.parts.members(row).get(member)
        if place is None:
            raise self.missing(row, member)
        return place

    def missing(self, row: int, member: str) -> ApiError:
        """The error for a member that a clip doesn't have."""
        sample = self.snapshot.clip_ids[row]
        found = self.snapshot.parts.members(row)
        shard = next((place.shard for place in found.values() if place.shard), None)
        where = f"is not in shard {shard}" if shard else "was not made"
        return ApiError(
            404,
            "artifact_missing",
            f"{member} of sample {sample} {where}",
            "pack the data set again, or reject the sample",
        )

    def stored(self, row: int, artifact: str) -> tuple[Place, str]:
        """Place and media type of an artifact that is sent as it is.

        Raises:
            ApiError: 404.
        """
        if artifact not in STORED:
            known = ", ".join([*STORED, *DERIVED])
            raise ApiError(404, "not_found", f"{artifact!r} is no artifact; known are {known}")
        member, media_type = STORED[artifact]
        return self.place(row, member), media_type

    def made(self, row: int, artifact: str) -> Content:
        """An artifact that is made from a member: a poster, a strip, masks as runs, the curve of the sound.

        Raises:
            ApiError: 404, the member is missing or can't be read.
            ContractError: it isn't a record of the contract.
        """
        member, media_type = DERIVED[artifact]
        place = self.place(row, member)
        where = self._where(row, member)

        def make() -> bytes:
            data = self.reader.read(place)
            match artifact:
                case "masks":
                    return masks_json(data, where)
                case "peaks":
                    return peaks_json(data, where)
            with self._makers:
                return pictures.poster(data, where) if artifact == "poster" else pictures.strip(data, where)

        made = self._kept(place, artifact, media_type, make)
        return replace(made, digest=self.snapshot.parts.content(row)) if artifact in CARD_PICTURES else made

    def card_picture(self, row: int, artifact: str) -> str:
        """Address of a picture on a card. It is named by the whole clip's content, which costs no look at its parts."""
        sample = self.snapshot.clip_ids[row]
        return f"/m/{sample}/{artifact}?v={version(self.snapshot.parts.content(row))}"

    def frame(self, row: int, artifact: str, number: int) -> Content:
        """One frame of a video, for browsers that can't decode it.

        Raises:
            ApiError: 404, no such video or frame.
        """
        if artifact not in VIDEOS:
            raise ApiError(404, "not_found", f"{artifact!r} is no video; known are {', '.join(VIDEOS)}")
        place, _ = self.stored(row, artifact)
        where = self._where(row, place.name)

        def make() -> bytes:
            with self._makers:
                return pictures.png(frames_at(self.reader.read(place), [number], where)[0])

        return self._kept(place, f"frame-{number}", PNG, make)

    def source(self, row: int, reference: str, frame: int | None) -> Content:
        """The place of the clip that a reference was made from, laid out as the reference is.

        Args:
            row: of the clip.
            reference: `person` or `product`.
            frame: that it was made from; None where that isn't known.

        Raises:
            ApiError: 404, it can't be told or not read.
        """
        if reference not in REFERENCES or frame is None:
            raise ApiError(404, "not_found", f"which frame {reference} was made from isn't known")
        shown, _ = self.stored(row, reference)
        rgb = self.place(row, members.RGB)
        where = self._where(row, members.RGB)

        def make() -> bytes:
            with self._makers:
                (picture,) = frames_at(self.reader.read(rgb), [frame], where)
                reference_picture = source_crop.open_picture(self.reader.read(shown), self._where(row, shown.name))
                if reference == "person":
                    return pictures.png(source_crop.person_source(picture, reference_picture.size))
                place = self.place(row, members.OBJECT_MASKS)
                masks = ObjectMasks.from_bytes(self.reader.read(place), where=self._where(row, place.name)).masks
                mask = masks[frame] if frame < len(masks) else None
                return pictures.png(source_crop.product_source(picture, mask, reference_picture))

        return self._kept(shown, f"source-{frame}", PNG, make)

    def url(self, row: int, artifact: str) -> str | None:
        """Address of an artifact, None where the clip doesn't have what it is made of."""
        if artifact in CARD_PICTURES:
            return self.card_picture(row, artifact) if members.RGB in self.snapshot.parts.members(row) else None
        member = (STORED | DERIVED)[artifact][0]
        place = self.snapshot.parts.members(row).get(member)
        return None if place is None else media_url(self.snapshot.clip_ids[row], artifact, place)

    def _kept(self, place: Place, name: str, media_type: str, make: Callable[[], bytes]) -> Content:
        key = f"{place.digest}-{name}-{MADE}"
        return Content(self._cache.get(key, make), media_type, place.digest)

    def _where(self, row: int, member: str) -> str:
        return f"{member} of sample {self.snapshot.clip_ids[row]}"


def media_url(sample: str, artifact: str, place: Place) -> str:
    """Address of an artifact of exactly this content, relative to the server's root."""
    return f"/m/{sample}/{artifact}?v={version(place.digest)}"
