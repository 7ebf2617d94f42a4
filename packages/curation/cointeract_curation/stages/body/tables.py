"""What a fit needs of the body model, as tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton
from cointeract_curation.human.hands import FINGERS, PHALANGES, SIDES, suffix
from cointeract_curation.stages.body.joints import body_joints, shares, whitening
from cointeract_curation.stages.body.kinematics import Kinematics
from cointeract_curation.stages.body.rest_points import average, keypoint_bones, slopes
from cointeract_curation.stages.body.targets import DIRECTIONS

if TYPE_CHECKING:
    from torch import Tensor

HAND_BONES = (*((0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, 21)), (5, 17))
"""A hand's bones, as pairs of its 21 points, and the line over its knuckles."""
# The bone whose head each of BlazePose's points is
HEADS = {
    11: "upperarm01.L", 12: "upperarm01.R", 13: "lowerarm01.L", 14: "lowerarm01.R", 15: "wrist.L", 16: "wrist.R",
    23: "upperleg01.L", 24: "upperleg01.R",
}  # fmt: skip


class Tables:
    """Constants of the average body: P joints that turn, J bones, K keypoints; float32. Built once in a process."""

    def __init__(self) -> None:
        import torch

        bone = skeleton().bone
        self.rest, self.base = average()
        self.joints = body_joints(self.rest)
        matrices, means = whitening(self.joints)
        self.shares = self.tensor(shares(self.joints))
        self.whitening, self.means = self.tensor(matrices), self.tensor(means)
        limits = [
            (index, joint.axis, joint.limits) for index, joint in enumerate(self.joints) if joint.limits is not None
        ]
        self.limited = torch.tensor([index for index, _, _ in limits])
        self.limit_axes = self.tensor(np.array([axis for _, axis, _ in limits]))
        self.lowest, self.highest = self.tensor(np.array([bounds for _, _, bounds in limits])).unbind(1)
        self.slopes = {
            field: self.tensor(np.stack([getattr(slope, field) for slope in slopes()]))
            for field in ("heads", "tips", "keypoint_places")
        }
        self.keypoint_bones = self.tensor(keypoint_bones())
        self.kinematics = Kinematics()
        self.hand_columns = torch.tensor(
            [
                [
                    bone(f"wrist.{end}"),
                    *(bone(f"finger{finger}-{part}.{end}") for finger in FINGERS for part in PHALANGES),
                ]
                for end in map(suffix, SIDES)
            ]
        )
        self.hand_begin, self.hand_end = torch.tensor(HAND_BONES).unbind(1)
        self.begin, self.end = torch.tensor([[bone(HEADS[point]) for point in pair] for pair in DIRECTIONS]).unbind(1)

    @staticmethod
    def tensor(array: NDArray[np.generic]) -> Tensor:
        """An array as float32."""
        import torch

        return torch.tensor(np.ascontiguousarray(array), dtype=torch.float32)
