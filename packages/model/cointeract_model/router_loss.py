"""The router's supervision (Eq. 6) and what tells whether it works."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.errors import InputError
from cointeract_model.router import CLASSES


def router_loss(logits: tuple[Tensor, ...], labels: Tensor, class_weights: tuple[float, float, float]) -> Tensor:
    """Cross entropy of each target token's region, in float32: a scalar, before `eta_router`.

    A class's weight multiplies its tokens' terms; the mean is over all tokens, not over the weights, and over all
    blocks. Eq. 6 sums over tokens: the mean keeps its weight against the flow matching losses, themselves means, the
    same at every size of picture, and with weights 1, 1, 1 has the same minimum.

    Args:
        logits: for each block (B, N, 3): `Prediction.router_logits`.
        labels: (B, N) of `token_labels`, 0 to 2; best left on the CPU, where their values are checked.
        class_weights: of base, hand, head: `Switches.router_class_weights.as_tuple()`.

    Raises:
        InputError: there are no logits, or labels of another shape.
    """
    if not logits:
        raise InputError(
            "there are no router logits: call the model with router_logits=True, and build it with experts"
        )
    _check(logits[0], labels)
    targets = labels.flatten().to(logits[0].device, torch.int64)
    weights = logits[0].new_tensor(class_weights, dtype=torch.float32)[targets]
    losses = [
        (functional.cross_entropy(block.flatten(0, 1).float(), targets, reduction="none") * weights).mean()
        for block in logits
    ]
    return torch.stack(losses).mean()


@dataclass(frozen=True, eq=False)
class RouterMetrics:
    """Over all tokens and blocks; each (3,) in the order base, hand, head, on the logits' device."""

    recall: Tensor
    """Share of a class's tokens that were routed to it; NaN where a class has no tokens."""
    precision: Tensor
    """Share of the tokens routed to a class that belong to it; NaN where none were."""
    load: Tensor
    """Share of all tokens that were routed to a class."""
    labelled: Tensor
    """Share of all tokens whose label is this class; what `load` should be."""
    accuracy: Tensor
    """Share of all tokens that were routed to their class; a scalar."""

    def as_dict(self) -> dict[str, Tensor]:
        """Scalars by name, such as `recall/hand`; nothing is fetched from the device."""
        named: dict[str, Tensor] = {"accuracy": self.accuracy}
        for kind in ("recall", "precision", "load", "labelled"):
            values: Tensor = getattr(self, kind)
            named |= {f"{kind}/{name}": value for name, value in zip(CLASSES, values.unbind(), strict=True)}
        return named


@torch.no_grad()
def router_metrics(logits: tuple[Tensor, ...], labels: Tensor) -> RouterMetrics:
    """How the tokens of all blocks are routed against their labels; arguments as of `router_loss`.

    Raises:
        InputError: there are no logits, or labels of another shape.
    """
    if not logits:
        raise InputError(
            "there are no router logits: call the model with router_logits=True, and build it with experts"
        )
    _check(logits[0], labels)
    routed = torch.stack([block.argmax(-1) for block in logits])
    truth = labels.to(routed.device, torch.int64).expand_as(routed)
    count = len(CLASSES)
    pairs = torch.bincount((truth * count + routed).flatten(), minlength=count * count).float().view(count, count)
    right, total = pairs.diagonal(), pairs.sum()
    return RouterMetrics(
        recall=right / pairs.sum(1),
        precision=right / pairs.sum(0),
        load=pairs.sum(0) / total,
        labelled=pairs.sum(1) / total,
        accuracy=right.sum() / total,
    )


def _check(logits: Tensor, labels: Tensor) -> None:
    if logits.shape[:-1] != labels.shape:
        raise InputError(
            f"labels are {tuple(labels.shape)} for logits {tuple(logits.shape)}; give (B, N) for (B, N, 3)"
        )
    # Only where the answer needs no wait for a device.
    if labels.device.type == "cpu" and not bool(((labels >= 0) & (labels < len(CLASSES))).all()):
        raise InputError(f"labels go from {int(labels.min())} to {int(labels.max())}; they are 0 base, 1 hand, 2 head")
