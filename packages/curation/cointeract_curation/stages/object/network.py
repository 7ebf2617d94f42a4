"""A small convolutional network that weighs the evidence of a frame: which pixels show what a hand handles.

A U-Net (Ronneberger et al., 2015) of about half a million weights. It works at half the view's resolution; colours enter, and the answer
leaves, as four sub-pixels of each place, so that thin things aren't lost.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 - its name everywhere
from torch import nn

from cointeract_curation.stages.object.features import CHANNELS, COARSE, FINE, SUBPIXELS

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTHS = (16, 32, 48, 72, 96)
"""Channels at 1/2, 1/4, ... 1/32 of the view."""


class Block(nn.Sequential):
    """3 x 3 convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class Context(nn.Module):
    """Adds to each place what the whole picture says."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Linear(width, width), nn.ReLU(inplace=True), nn.Linear(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, width, h, w) to the same."""
        said: torch.Tensor = self.mix(x.mean(dim=(2, 3)))
        return x + said[:, :, None, None]


class HandledObjectNet(nn.Module):
    """From maps (B, channels, h, w) in the order of `features.CHANNELS` to logits (B, h, w)."""

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self._fine = [CHANNELS.index(name) for name in FINE]
        self._coarse = [CHANNELS.index(name) for name in COARSE]
        inputs = SUBPIXELS * len(FINE) + len(COARSE)
        self.stem = Block(inputs, widths[0])
        pairs = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(nn.Sequential(Block(a, b, stride=2), Block(b, b)) for a, b in pairs)
        self.context = Context(widths[-1])
        self.reduce = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.up = nn.ModuleList(Block(a, a) for a, _ in pairs)
        self.head = nn.Conv2d(widths[0], SUBPIXELS, 3, 1, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Logits (B, h, w)."""
        height, width = maps.shape[-2:]
        if height % 2 or width % 2:
            maps = F.pad(maps, (0, width % 2, 0, height % 2), mode="replicate")
        fine = F.pixel_unshuffle(maps[:, self._fine], 2)
        coarse = F.avg_pool2d(maps[:, self._coarse], 2)
        return self.weigh(torch.cat([fine, coarse], dim=1))[:, :height, :width]

    def weigh(self, packed: torch.Tensor) -> torch.Tensor:
        """Logits (B, 2h, 2w) from maps (B, C, h, w): four pixels of each of `FINE` in turn, then the means of `COARSE`."""
        x = self.stem(packed)
        skips = [x]
        for step in self.down:
            x = step(x)
            skips.append(x)
        x = self.context(skips.pop())
        for reduce, block in zip(reversed(self.reduce), reversed(self.up), strict=True):
            skip = skips.pop()
            wide = F.interpolate(reduce(x), size=skip.shape[-2:], mode="bilinear", align_corners=False)
            x = block(skip + wide)
        return F.pixel_shuffle(self.head(x), 2)[:, 0]


def read_network(path: Path) -> HandledObjectNet:
    """A network as it was saved, to go on training.

    Raises:
        FileNotFoundError: the weights are missing.
    """
    from safetensors.torch import load_file

    if not path.exists():
        raise FileNotFoundError(f"{path}: the network's weights are missing; install cointeract-curation again")
    network = HandledObjectNet()
    stored = load_file(str(path))
    network.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in stored.items()}
    )
    return network


def load_network(path: Path) -> HandledObjectNet:
    """A network for inference, normalisation folded into its convolutions.

    Raises:
        FileNotFoundError: the weights are missing.
    """
    network = read_network(path)
    network.eval()
    for block in [module for module in network.modules() if isinstance(module, Block)]:
        convolution, normalisation = block[0], block[1]
        assert isinstance(convolution, nn.Conv2d)
        assert isinstance(normalisation, nn.BatchNorm2d)
        block[0] = torch.nn.utils.fuse_conv_bn_eval(convolution, normalisation)
        block[1] = nn.Identity()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's overloads leave this one out
    return network
