"""The least squares behind a fit: variables over time, what they cost, and the way down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels
from cointeract_curation.stages.body.config import BodyConfig
from cointeract_curation.stages.body.kinematics import exponential
from cointeract_curation.stages.body.rest_points import SHAPE, RestPoints
from cointeract_curation.stages.body.splines import spline_basis
from cointeract_curation.stages.body.start import Camera, Start, root_places
from cointeract_curation.stages.body.tables import HAND_BONES, Tables
from cointeract_curation.stages.body.targets import FACE_SPREAD, Targets

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]

OUTLIER = 2.0  # standard deviations from which a landmark's pull stops growing
SHAPE_SPREAD = 0.2  # of a phenotype, around the average adult
BODY_DIRECTION_SPREAD, HAND_DIRECTION_SPREAD = 0.35, 0.2  # of a unit vector
LIMIT_SPREAD = 0.1  # radians beyond a joint's limit
SHAPE_SHARE = 5.0  # of a frame's landmarks: they err alike in all frames, so more of them don't tell more of the shape
HAND_SHARE = 0.1  # what a hand's points count, which are many and err together
SCALES = {"joints": 0.15, "turn": 0.05, "place": 0.005, "depth": 0.02, "shape": 0.2, "head": 0.02}
"""What one unit of a variable stands for (radians, radians, metres per metre of depth, logarithm of metres, phenotype, logarithm): about
the inverse root of the cost's curvature, so that a descent sees a round bowl."""
BENDS = {"joints": 0.15, "turn": 0.08, "place": 0.02, "depth": 0.01}
"""Standard deviation of a control point around the middle of its neighbours, in the same units."""
STEPS = {"turn": 0.1, "depth": 0.02}
"""Standard deviation of a control point around the one before: what isn't seen stays as it was."""
LEAN_SPREAD = 0.25
"""Radians that a trunk leans: people stand or sit upright before a level camera, more or less."""
FACE_EDGES = (("right_eye", "left_eye", 0.005), ("right_ear", "left_ear", 0.012))
"""Lines of the face and the spread of their ends' difference, as a share of the torso's length: the detector errs alike at both ends,
so they tell the head's size, and with it the depth, better than its points do."""
HEAD_SPREAD = 0.08
"""Of the logarithm of a head's size over the model's: it is the same in all frames of a clip, but not every head is alike."""
TORSO_METRES, NEAREST = 0.5, 0.2
HISTORY = 100
"""Steps that L-BFGS remembers of the way: 100 reach in 190 evaluations what 20 reach in 240."""


@dataclass(frozen=True)
class PosedPoints:
    """Posed points of all frames, camera space."""

    rotations: Tensor  # (T, J, 3, 3)
    heads: Tensor  # (T, J, 3)
    keypoints: Tensor  # (T, K, 3)
    hands: Tensor  # (T, 2, 21, 3)


class Problem:
    """One clip's least squares: what the variables cost, and the way down.

    Variables are the control points of cubic B-splines over time, so that movement is smooth by itself and the problem small. The cost is
    summed over the frames that detectors looked at.
    """

    def __init__(self, tables: Tables, targets: Targets, camera: Camera, config: BodyConfig) -> None:
        self._tables, self._camera, self._smoothness = tables, camera, config.smoothness
        self._torso = targets.torso
        import torch

        tensor = tables.tensor
        self._splines = tensor(spline_basis(len(targets.seen), config.knot_frames))
        looked = np.flatnonzero(targets.looked)
        self._looked = self._splines[looked]
        self._middle = tensor(np.array(camera.centre))
        self._keypoints, self._keypoint_weights = (
            tensor(targets.keypoints[looked]),
            tensor(targets.keypoint_weights[looked]),
        )
        self._hands, self._hand_weights = tensor(targets.hands[looked]), tensor(targets.hand_weights[looked])
        ends, begins = [end for _, end in HAND_BONES], [begin for begin, _ in HAND_BONES]
        bones = targets.hand_world[looked][:, :, ends] - targets.hand_world[looked][:, :, begins]
        lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
        self._hand_directions = tensor(bones / np.maximum(lengths, 1e-6))
        self._hand_trust = tensor((targets.hand_weights[looked] > 0).astype(float))
        self._directions = tensor(targets.body_directions[looked])
        self._direction_weights = tensor(targets.body_direction_weights[looked])
        columns = [[keypoint_labels().index(name) for name in edge[:2]] for edge in FACE_EDGES]
        self._edge_begin, self._edge_end = torch.tensor(columns).unbind(1)
        first, second = np.array(columns).T
        self._edges = self._keypoints[:, second] - self._keypoints[:, first]
        spreads = np.array([spread for _, _, spread in FACE_EDGES])
        self._edge_weights = tensor(targets.face_size[looked][:, None] / spreads)
        self._base_turn: Tensor

    def begin(self, first: Start, targets: Targets) -> dict[str, Tensor]:
        """The variables at the first pose."""
        import torch
        from scipy.spatial.transform import Rotation

        splines = self._splines.numpy().astype(float)
        fit = np.linalg.pinv(splines)
        turns = Rotation.from_matrix(first.root_rotation)
        middle = turns.mean()
        self._base_turn = self._tables.tensor(middle.as_matrix())
        turn = (middle.inv() * turns).as_rotvec()
        joints = np.tensordot(fit, first.joints, 1)
        scaled = {"turn": fit @ turn / SCALES["turn"], "joints": joints / SCALES["joints"]}
        variables = {name: self._tables.tensor(array) for name, array in scaled.items()}
        knots = splines.shape[1]
        variables |= {
            "place": torch.zeros(knots, 2),
            "depth": torch.zeros(knots, 1),
            "shape": torch.zeros(len(SHAPE)),
            "head": torch.zeros(1),
        }
        with torch.no_grad():
            points = self.pose(variables, None, self._splines).keypoints.numpy().astype(float)
        weights = np.asarray(np.minimum(targets.keypoint_weights, 1 / FACE_SPREAD) ** 2, dtype=np.float64)
        points[..., 2] -= 1.0  # the logarithm of the depth is still 0
        places = root_places(points, targets.keypoints, weights, self._camera)
        if not np.isfinite(places).all():
            places = np.broadcast_to(
                np.array([0.0, 0.0, TORSO_METRES * self._camera.focal / self._torso]), places.shape
            )
        # Depth is what single frames tell least: begin with the clip's median and let the frames find theirs.
        usual = max(float(np.median(places[:, 2])), NEAREST)
        places = places * (usual / places[:, 2:])
        variables["place"] = self._tables.tensor(fit @ (places[:, :2] / usual) / SCALES["place"])
        variables["depth"] = self._tables.tensor(np.full((knots, 1), np.log(usual) / SCALES["depth"]))
        return {name: value.requires_grad_() for name, value in variables.items()}

    def pose(self, variables: dict[str, Tensor], fixed: RestPoints | None, basis: Tensor | None = None) -> PosedPoints:
        """All points in the frames of a basis, all of them by default.

        ``fixed`` is a person's own; None takes the average with the linear change of the shape.
        """
        import torch

        t = self._tables
        basis = self._splines if basis is None else basis
        if fixed is not None:
            heads, tips, places = (t.tensor(array) for array in (fixed.heads, fixed.tips, fixed.keypoint_places))
        else:
            shape = variables["shape"] * SCALES["shape"]
            heads, tips, places = (
                t.tensor(getattr(t.base, field)) + torch.tensordot(shape, t.slopes[field], 1)
                for field in ("heads", "tips", "keypoint_places")
            )
        vectors = torch.tensordot(basis, variables["joints"], 1) * SCALES["joints"]
        local = exponential(t.shares @ vectors)
        turn = self._base_turn @ exponential(basis @ variables["turn"] * SCALES["turn"])
        depth = (basis @ variables["depth"] * SCALES["depth"]).exp()
        root = torch.cat([basis @ variables["place"] * SCALES["place"] * depth, depth], 1)
        rotations, posed = t.kinematics.forward(local, turn, root, heads)
        moved = posed - (rotations @ heads[..., None])[..., 0]
        flat = rotations.permute(0, 2, 1, 3).flatten(2)  # (T, 3, J 3)
        keypoints = (flat @ places.flatten(1).T).transpose(1, 2) + t.keypoint_bones @ moved
        last = t.hand_columns[:, 3::3]
        tip = posed[:, last] + (rotations[:, last] @ (tips - heads[last])[None, ..., None])[..., 0]
        joints = posed[:, t.hand_columns]
        fingers = torch.cat([joints[:, :, 1:].unflatten(2, (5, 3)), tip[:, :, :, None]], 3).flatten(2, 3)
        return PosedPoints(rotations, posed, keypoints, torch.cat([joints[:, :, :1], fingers], 2))

    def shape_change(self, variables: dict[str, Tensor]) -> list[float]:
        """How far each phenotype of SHAPE has moved from the average adult's."""
        return [float(value) for value in (variables["shape"] * SCALES["shape"]).detach()]

    def _pixels(self, points: Tensor) -> Tensor:
        return points[..., :2] / points[..., 2:].clamp_min(NEAREST) * self._camera.focal + self._middle

    def _robust(self, residuals: Tensor, weights: Tensor) -> Tensor:
        """A smooth Huber's cost of residuals (..., 2) in units of the torso, weighted by 1 / standard deviation (...)."""
        squared = ((residuals / self._torso) ** 2).sum(-1) * weights**2
        return 2 * OUTLIER**2 * ((1 + squared / OUTLIER**2).sqrt() - 1)

    def _redescending(self, residuals: Tensor, weights: Tensor) -> Tensor:
        """Cauchy's cost: as `_robust`, but what lies far away hardly pulls at all."""
        squared = ((residuals / self._torso) ** 2).sum(-1) * weights**2
        return OUTLIER**2 * (squared / OUTLIER**2).log1p()

    def cost(self, variables: dict[str, Tensor], fixed: RestPoints | None) -> Tensor:
        """Twice the negative log likelihood."""
        import torch

        t = self._tables
        points = self.pose(variables, fixed, self._looked)
        pixels = self._pixels(points.keypoints)
        cost = self._redescending(pixels - self._keypoints, self._keypoint_weights).sum()
        head = variables["head"] * SCALES["head"]
        edges = (pixels[:, self._edge_end] - pixels[:, self._edge_begin]) * head.exp()
        cost = cost + self._robust(edges - self._edges, self._edge_weights).sum()
        cost = cost + (head**2).sum() / HEAD_SPREAD**2 * len(self._looked)
        hands = self._pixels(points.hands) - self._hands
        cost = cost + self._robust(hands, self._hand_weights[..., None]).sum() * HAND_SHARE
        bones = points.hands[:, :, t.hand_end] - points.hands[:, :, t.hand_begin]
        apart = bones / bones.norm(dim=-1, keepdim=True).clamp_min(1e-6) - self._hand_directions
        cost = cost + ((apart**2).sum(-1) * self._hand_trust[..., None]).sum() / HAND_DIRECTION_SPREAD**2 * HAND_SHARE
        limbs = points.heads[:, t.end] - points.heads[:, t.begin]
        apart = limbs / limbs.norm(dim=-1, keepdim=True).clamp_min(1e-6) - self._directions
        cost = cost + ((apart**2).sum(-1) * self._direction_weights).sum() / BODY_DIRECTION_SPREAD**2
        joints = torch.tensordot(self._looked, variables["joints"], 1) * SCALES["joints"]
        away = (t.whitening @ (joints - t.means)[..., None])[..., 0]
        cost = cost + (away**2).sum()
        angle = (joints[:, t.limited] * t.limit_axes).sum(-1)
        beyond = (t.lowest - angle).clamp_min(0) + (angle - t.highest).clamp_min(0)
        cost = cost + (beyond**2).sum() / LIMIT_SPREAD**2
        lean = points.rotations[
            :, 0, 0::2, 2
        ]  # where the root's upward axis points, across and away; 0 for a person who stands upright
        cost = cost + (lean**2).sum() / LEAN_SPREAD**2
        shape = ((variables["shape"] * SCALES["shape"]) ** 2).sum() / SHAPE_SPREAD**2
        cost = cost + shape * len(self._looked) * SHAPE_SHARE
        total: Tensor = cost + self._smoothness * self._roughness(variables)
        return total

    def _roughness(self, variables: dict[str, Tensor]) -> Tensor:
        """Of the control points: how far each is from the middle of its neighbours, and for some from the one before."""

        def bend(name: str) -> Tensor:
            values = variables[name] * SCALES[name]
            return ((values[2:] - 2 * values[1:-1] + values[:-2]) ** 2).sum()

        def step(name: str) -> Tensor:
            values = variables[name] * SCALES[name]
            return ((values[1:] - values[:-1]) ** 2).sum()

        bends = sum((bend(name) / spread**2 for name, spread in BENDS.items()), start=bend("turn") * 0)
        return sum((step(name) / spread**2 for name, spread in STEPS.items()), start=bends)

    def descend(self, variables: dict[str, Tensor], steps: int, fixed: RestPoints | None) -> None:
        """L-BFGS with a line search, at most ``steps`` evaluations."""
        import torch

        chosen = [value for name, value in variables.items() if fixed is None or name != "shape"]
        optimiser = torch.optim.LBFGS(
            chosen,
            max_iter=steps,
            max_eval=steps,
            history_size=HISTORY,
            line_search_fn="strong_wolfe",
            tolerance_change=1e-7,
        )

        def closure() -> Tensor:
            optimiser.zero_grad()
            cost = self.cost(variables, fixed)
            cost.backward()
            return cost

        optimiser.step(closure)
