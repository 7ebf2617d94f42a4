"""Forward kinematics in PyTorch, one level of the skeleton at a time for all frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cointeract_curation.human.body import skeleton

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-12


def exponential(vectors: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3) in radians (Rodrigues), differentiable at zero."""
    import torch

    squared = (vectors * vectors).sum(-1, keepdim=True)[..., None] + TINY
    angle = squared.sqrt()
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    outer = vectors[..., :, None] * vectors[..., None, :]
    one = torch.eye(3, dtype=vectors.dtype)
    cosine = angle.cos()
    matrices: Tensor = cosine * one + (angle.sin() / angle) * cross + ((1 - cosine) / squared) * outer
    return matrices


class Kinematics:
    """The skeleton's levels. All bones of a level hang on bones of the level before."""

    def __init__(self) -> None:
        import torch

        parents = skeleton().parents
        depth = [0] * len(parents)
        for bone, parent in enumerate(parents):
            depth[bone] = 0 if parent < 0 else depth[parent] + 1
        self._levels = [
            [bone for bone in range(len(parents)) if depth[bone] == level] for level in range(max(depth) + 1)
        ]
        self._bones = [torch.tensor(level) for level in self._levels]
        self._parents = [torch.tensor([parents[bone] for bone in level]) for level in self._levels[1:]]
        self._above = [
            torch.tensor([before.index(parents[bone]) for bone in level])
            for before, level in zip(self._levels[:-1], self._levels[1:], strict=True)
        ]
        self._order = torch.cat(self._bones).argsort()

    def forward(self, local: Tensor, root_rotation: Tensor, root: Tensor, heads: Tensor) -> tuple[Tensor, Tensor]:
        """Rotations (T, J, 3, 3) and heads (T, J, 3) of all bones.

        Args:
            local: (T, J, 3, 3) rotations about rest axes; the root bone's is left out.
            root_rotation: (T, 3, 3), root: (T, 3).
            heads: (J, 3) at rest.
        """
        import torch

        rotations, places = [root_rotation[:, None]], [root[:, None]]
        for bones, parents, above in zip(self._bones[1:], self._parents, self._above, strict=True):
            inherited = rotations[-1][:, above]
            offset = (heads[bones] - heads[parents])[None, :, :, None]
            places.append(places[-1][:, above] + (inherited @ offset)[..., 0])
            rotations.append(inherited @ local[:, bones])
        return torch.cat(rotations, 1)[:, self._order], torch.cat(places, 1)[:, self._order]
