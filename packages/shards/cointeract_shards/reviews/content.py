"""The content of a sample as a person judges it, as one hash: a decision on other content is stale.

It covers what is seen and heard: the videos, the sound, the references, masks, boxes and the body. It leaves out
`meta.json` (scores and verdicts change with every threshold) and the caches of encoders, so that packing again, another
policy or another codec leaves decisions alone. The prompt is left out, too. A clip has the same hash before it is
packed, when its artifacts stand for its members.
"""

from __future__ import annotations

from collections.abc import Mapping

from cointeract_shards import members
from cointeract_shards.manifest import sample_digest

JUDGED_MEMBERS = (
    members.RGB,
    members.MOTION,
    members.AUDIO,
    members.HOI,
    members.PERSON,
    members.PRODUCT,
    members.TRACKS,
    members.OBJECT_MASKS,
    members.BODY,
)


def content_sha256(member_sha256: Mapping[str, str]) -> str:
    """The hash of a sample's content.

    Args:
        member_sha256: SHA-256 by member name, of as many members as there are: a clip that was rejected early has few or
            none. Others than `JUDGED_MEMBERS` are ignored.
    """
    return sample_digest({name: member_sha256[name] for name in JUDGED_MEMBERS if name in member_sha256})
