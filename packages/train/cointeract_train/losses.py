"""The loss of a step: flow matching of both streams and the router's cross entropy (Eq. 1, 2, 6 and 7).

A sample's loss is `L_rgb + lambda_hoi L_hoi + eta_router L_router`, where a sample without HOI has no second term; a step's
is the mean over all samples of the global batch. So it doesn't matter how they are shared among passes and processes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.flow.training import velocity_loss
from cointeract_model.router import CLASSES
from cointeract_model.router_loss import router_loss
from cointeract_model.switches import Switches
from cointeract_model.transformer import Prediction
from cointeract_train.batch import Inputs


@dataclass(frozen=True, eq=False)
class Losses:
    """Of one pass over B samples, float32 on the device."""

    total: Tensor
    """The mean of the samples' losses, to go backward from."""
    rgb: Tensor
    """(B,) mean squared error of each sample's velocity, without the timestep's weight; detached, as all below."""
    hoi: Tensor
    """(B,) likewise; zero for samples without HOI."""
    router: Tensor
    """Scalar, before `eta_router`; zero for a model without experts."""
    routed: Tensor
    """(3, 3) tokens by label (row) and by where they were routed (column), summed over blocks: base, hand, head."""


def joint_loss(prediction: Prediction, inputs: Inputs, switches: Switches) -> Losses:
    """The losses of a prediction; with router logits where the model has experts."""
    velocity, *hoi_velocity = inputs.draw.velocity
    alike = torch.ones_like(inputs.draw.weights, device=velocity.device)
    weights = inputs.draw.weights.to(velocity.device)
    rgb = velocity_loss(prediction.velocity, velocity, alike)
    of_samples = weights * rgb
    hoi = torch.zeros_like(rgb)
    if hoi_velocity and prediction.hoi_velocity is not None:
        present = torch.tensor(inputs.hoi_present, dtype=torch.float32).to(rgb.device, non_blocking=True)
        hoi = velocity_loss(prediction.hoi_velocity, hoi_velocity[0], alike) * present
        of_samples = of_samples + switches.lambda_hoi * weights * hoi
    total = of_samples.mean()
    router, routed = torch.zeros_like(total), total.new_zeros(len(CLASSES), len(CLASSES))
    if prediction.router_logits:
        router = router_loss(prediction.router_logits, inputs.labels, switches.router_class_weights.as_tuple())
        total = total + switches.eta_router * router
        routed = routed_tokens(prediction.router_logits, inputs.labels)
    return Losses(total, rgb.detach(), hoi.detach(), router.detach(), routed)


@torch.no_grad()
def routed_tokens(logits: tuple[Tensor, ...], labels: Tensor) -> Tensor:
    """Tokens by label (row) and by where they were routed (column), summed over blocks, (3, 3) float32; nothing waits.

    Args:
        logits: for each block (B, N, 3).
        labels: (B, N).
    """
    classes = torch.arange(len(CLASSES), device=logits[0].device)
    truth = (labels.to(classes.device, non_blocking=True).flatten()[:, None] == classes).float()
    routed = torch.stack([block.flatten(0, 1).argmax(-1) for block in logits])
    return truth.T @ (routed[..., None] == classes).float().sum(0)
