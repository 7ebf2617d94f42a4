"""The axis `safe`: what can be measured without weights of whether the references may be used.

It covers codes that can be scanned, faces other than the person's, and the nudity score of the stage `quality` where that is on. It
knows nothing of brands, weapons or hidden text.
"""

from __future__ import annotations

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import Picture

OTHER_FACE = 0.6
"""A face in the background is seen, but harms less than a code; whether a clip may show two people is for `people.persons`."""


def count_codes(picture: Picture) -> int:
    """How many QR codes an RGB picture shows that can be read."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
    return sum(1 for text in texts if text) if found else 0


def judge_safety(
    person: Picture | None, product: Picture | None, person_faces: int, product_faces: int, nudity: float | None
) -> Judged:
    """Score 0 for a readable code or certain nudity, less than 1 for another person's face; abstain without any reference.

    A face on the product is only noted: packages show faces.
    """
    pictures = [picture for picture in (person, product) if picture is not None]
    if not pictures:
        return Judged(None, "no reference to look at")
    codes = sum(count_codes(picture) for picture in pictures)
    others = max(0, person_faces - 1)
    measured: dict[str, float | None] = {
        "codes": float(codes),
        "other_faces": float(others),
        "faces_on_product": float(product_faces),
        "nudity": nudity,
    }
    if codes:
        return Judged(0.0, f"{codes} codes that can be scanned", measured)
    bare = 0.0 if nudity is None else nudity
    if others:
        return Judged(min(OTHER_FACE, 1 - bare), f"{others} other faces beside the person's", measured)
    if nudity is not None:
        return Judged(1 - nudity, f"nudity {nudity:.2f}", measured)
    return Judged(1.0, "no codes and no other faces; nudity wasn't measured", measured)
