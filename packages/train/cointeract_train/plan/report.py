"""A plan as a mapping for scripts and as lines for people."""

from __future__ import annotations

from typing import Any

from cointeract_model.switches import Stage
from cointeract_train.plan.cost import TERA
from cointeract_train.plan.make import GIB, USABLE, Plan
from cointeract_train.plan.remedies import Remedy

MODEL_ASSUMED = "the weights to start from aren't here: dimensions of Wan2.2-S2V-14B are taken"
DAY_HOURS = 24.0
MIB = 2**20
SMALL = GIB / 10
"""Below this sizes are shown in MiB."""
STAGE_NAMES = {Stage.JOINT: "joint", Stage.ASYMMETRIC: "asymmetric"}


def as_mapping(plan: Plan) -> dict[str, Any]:
    """Sizes in bytes, operations in whole numbers of one, times in hours."""
    return {
        "recipe": plan.config.name,
        "dimensions": plan.dimensions.model_dump(mode="json"),
        "dimensions_assumed": plan.assumed,
        "samples": plan.samples,
        "cards": plan.cards,
        "tokens": {"rgb": plan.work.rgb_tokens, "hoi": plan.work.hoi_tokens},
        "memory": {line.name: line.bytes for line in plan.memory.lines},
        "total": plan.memory.total,
        "limit": plan.limit,
        "fits": plan.fits,
        "stages": [
            {"stage": str(cost.stage), "steps": cost.steps, "flops": cost.flops, "recomputed": cost.recomputed}
            for cost in plan.costs
        ],
        "hours": plan.hours,
        "alone": [_remedy(remedy, plan) for remedy in plan.alone],
        "together": [_remedy(remedy, plan) for remedy in plan.together],
    }


def as_lines(plan: Plan) -> list[str]:
    """What is told to a person."""
    hardware, tokens = plan.config.hardware, f"{plan.work.rgb_tokens:,} RGB and {plan.work.hoi_tokens:,} HOI tokens"
    strategy = hardware.strategy if plan.cards > 1 or hardware.strategy == "fsdp" else "one process"
    lines = [
        f"{plan.config.name}: {_cards(plan.cards)}, {strategy}, {hardware.precision}, checkpointing {hardware.checkpointing}; the largest "
        f"sample has {tokens}",
    ]
    if plan.assumed:
        lines.append(MODEL_ASSUMED)
    width = max(len(line.name) for line in plan.memory.lines)
    lines += ["", "Memory of a card, at the worst moment:"]
    lines += [f"  {line.name:{width}}  {_size(line.bytes)}  {line.note}" for line in plan.memory.lines]
    lines.append(f"  {'all':{width}}  {_size(plan.memory.total)}")
    lines += _fit(plan)
    lines += ["", "Operations, if every sample were such a one:"]
    for cost in plan.costs:
        again = f", and {cost.recomputed / TERA:,.3g} computed again" if cost.recomputed else ""
        lines.append(f"  {STAGE_NAMES[cost.stage]}: {cost.steps:,} steps of {cost.flops / TERA:,.3g} TFLOP{again}")
    lines.append(_time(plan))
    if plan.samples is not None:
        seen = plan.config.steps.total * plan.config.data.global_batch
        lines.append(f"  {plan.samples:,} samples, each seen {seen / plan.samples:,.1f} times")
    return lines


def _fit(plan: Plan) -> list[str]:
    if plan.limit is None:
        return ["  state a card's memory by --card, and it is said whether this fits"]
    card = f"a card of {plan.config.hardware.memory_gib:g} GiB, of which {USABLE:.0%} may be used"
    if plan.fits:
        return [f"  fits {card}"]
    lines = [f"  does not fit {card}", "", "Each remedy alone:"]
    lines += [_remedy_line(remedy, plan) for remedy in plan.alone]
    lines += ["", "One on top of another:"]
    lines += [_remedy_line(remedy, plan) for remedy in plan.together]
    if not any(_fits(remedy, plan) for remedy in plan.together):
        lines.append("  nothing of this makes it fit: take more cards, a smaller bucket or a larger card")
    return lines


def _time(plan: Plan) -> str:
    if plan.hours is None:
        return "  state a card's peak by --tflops or watch.peak_tflops, and the time is told"
    speed = f"{plan.utilisation:.0%} of {plan.tflops:g} TFLOP/s"
    hours = f"{plan.hours:,.3g} hours ({plan.hours / DAY_HOURS:,.3g} days)"
    return f"  {hours} on {_cards(plan.cards)} at {speed}; reading, validation and samples apart"


def _remedy_line(remedy: Remedy, plan: Plan) -> str:
    fits = "fits" if _fits(remedy, plan) else "does not fit"
    return f"  {_size(remedy.bytes)}  {fits:12}  {' '.join(f'--set {one}' for one in remedy.settings)}"


def _remedy(remedy: Remedy, plan: Plan) -> dict[str, Any]:
    return {"settings": list(remedy.settings), "total": remedy.bytes, "fits": _fits(remedy, plan)}


def _fits(remedy: Remedy, plan: Plan) -> bool:
    return plan.limit is not None and remedy.bytes < plan.limit


def _size(size: int) -> str:
    return f"{size / GIB:9,.2f} GiB" if size >= SMALL else f"{size / MIB:9,.2f} MiB"


def _cards(count: int) -> str:
    return "1 card" if count == 1 else f"{count} cards"
