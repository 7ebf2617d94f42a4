"""Texts and JSON values that the commands answer with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

if TYPE_CHECKING:
    from cointeract_curation.core.config import Recipe
    from cointeract_curation.curate import RunResult
    from cointeract_curation.doctor import Diagnosis
    from cointeract_curation.engine.plan import Plan
    from cointeract_curation.reviewed import ReviewCounts
    from cointeract_curation.status import Status
    from cointeract_curation.synth import SynthResult
    from cointeract_shards.lint import LintReport

SHOWN_VIOLATIONS = 50
SHOWN_PROBLEMS = 20


def plan_text(recipe: Recipe, plan: Plan) -> tuple[dict[str, Any], str]:
    """The plan as a value and as text."""
    pools = [
        {
            "unit": str(item.unit),
            "stages": list(item.pool.stages),
            "cpus": item.pool.resources.cpus,
            "gpus": item.pool.resources.gpus,
            "workers": item.workers,
        }
        for item in plan.pools
    ]
    value = {
        "recipe": recipe.name,
        "engine": plan.engine,
        "cpus": plan.cpus,
        "gpus": plan.gpus,
        "memory_gib": plan.memory_gib,
        "pools": pools,
        "problems": list(plan.problems),
    }
    lines = [
        f"recipe [bold]{escape(recipe.name)}[/] on {plan.engine}: {plan.cpus:g} CPUs, {plan.gpus:g} GPUs, {plan.memory_gib:g} GiB",
        "",
        "unit    pool                                     workers  each needs",
    ]
    for item in plan.pools:
        need = f"{item.pool.resources.cpus:g} CPU" + (
            f", {item.pool.resources.gpus:g} GPU" if item.pool.resources.gpus else ""
        )
        lines.append(f"{item.unit!s:<7} {' + '.join(item.pool.stages):<40} {item.workers:>7}  {need}")
    if plan.problems:
        lines += ["", "[bold red]can't run as it is:[/]", *(f"  {escape(problem)}" for problem in plan.problems)]
    else:
        lines += [
            "",
            "stages on one line are fused: one worker runs them and decodes a clip once; this layout can be scheduled",
        ]
    return value, "\n".join(lines)


def run_text(output: str, result: RunResult) -> tuple[dict[str, Any], str]:
    """What a run made."""
    counts = result.ledger.counts()
    value = {
        "output": output,
        "counts": counts,
        "reviews": result.reviews.to_mapping(),
        "stages_run": result.worked,
        "packed": result.packed,
        "seconds": round(result.seconds, 1),
    }
    lines = [
        *_count_lines(counts),
        *_review_lines(result.reviews),
        f"{result.worked} stage runs in {result.seconds:.1f} s",
    ]
    if "://" not in output:
        lines.append(f"report: {Path(output, 'report', 'index.html')}")
    return value, "\n".join(lines)


def _count_lines(counts: dict[str, dict[str, int]]) -> list[str]:
    lines = []
    for name, ended in counts.items():
        total = sum(ended.values())
        parts = ", ".join(f"{number} {state}" for state, number in sorted(ended.items()))
        lines.append(f"{name:<8} {total:>6}" + (f" = {parts}" if parts else ""))
    return lines


def _review_lines(reviews: ReviewCounts) -> list[str]:
    return [f"reviews  {escape(reviews.text)}"] if reviews.any else []


def status_text(status: Status) -> str:
    """Counts, reasons and quarantined units."""
    lines = [f"[bold]{escape(status.root)}[/] (recipe {escape(status.recipe)})", *_count_lines(status.counts)]
    lines += _review_lines(status.reviews)
    if status.pending:
        lines.append(f"{status.pending} units are still to be worked on; `cointeract curate` goes on with them")
    if status.rejected:
        lines += [
            "",
            "rejected by rule:",
            *(f"  {number:>6}  {escape(rule)}" for rule, number in status.rejected.items()),
        ]
    if status.quarantined:
        lines += ["", "quarantined:"]
        for problem in status.quarantined[:SHOWN_PROBLEMS]:
            tries = f"{problem.attempts} {'try' if problem.attempts == 1 else 'tries'} ({problem.kind})"
            error = escape(f"{problem.error_type}: {problem.message}")
            lines.append(f"  {problem.unit} at {problem.stage} after {tries}: {error}")
            lines.append(f"      {escape(problem.subject)}")
        if len(status.quarantined) > SHOWN_PROBLEMS:
            lines.append(f"  and {len(status.quarantined) - SHOWN_PROBLEMS} more; --json lists all")
        lines.append(f"`cointeract requeue {escape(status.root)}` gives them another chance")
    return "\n".join(lines)


def lint_text(report: LintReport) -> tuple[dict[str, Any], str]:
    """Violations by sample and rule."""
    violations = [{"sample": item.sample, "rule": item.rule, "message": item.message} for item in report.violations]
    value = {"samples": report.samples, "violations": violations}
    if not violations:
        return value, f"{report.samples} samples, no violations"
    lines = [f"{report.samples} samples, [bold red]{len(violations)} violations[/]"]
    lines += [
        f"  {item['sample']}  {item['rule']}: {escape(str(item['message']))}" for item in violations[:SHOWN_VIOLATIONS]
    ]
    if len(violations) > SHOWN_VIOLATIONS:
        lines.append(f"  and {len(violations) - SHOWN_VIOLATIONS} more; --json lists all")
    return value, "\n".join(lines)


def doctor_text(found: Diagnosis) -> str:
    """The machine and the backends."""
    lines = [
        f"Python {found.python}, {found.cpus:g} CPUs, {found.memory_gib:g} GiB memory, {found.free_disk_gib:g} GiB disk free",
        f"GPU: {escape(found.gpu)}",
        f"ffmpeg: {found.ffmpeg or '[bold red]missing[/] (pip install imageio-ffmpeg)'}",
        "",
        "stage       backend          state    licence",
    ]
    colours = {"ready": "green", "missing": "yellow", "planned": "dim"}
    for item in found.backends:
        colour = colours[item.verdict]
        lines.append(f"{item.stage:<11} {item.backend:<16} [{colour}]{item.verdict:<8}[/] {escape(item.licence)}")
        if item.verdict != "ready":
            lines.append(f"{'':<28} {escape(item.detail)}")
    return "\n".join(lines)


def synthesise(output: Path, preset: str, seed: int) -> SynthResult:
    """Render footage with a bar on a terminal."""
    from rich.progress import Progress

    from cointeract_curation.core.errors import ConfigurationError
    from cointeract_curation.synth import SynthConfig, render_livestream

    presets = {
        "demo": SynthConfig.demo,
        "guest": SynthConfig.guest,
        "tiny": SynthConfig.tiny,
        "studio": SynthConfig.studio,
    }
    if preset not in presets:
        raise ConfigurationError(f"--preset {preset!r} is not known; known are {', '.join(presets)}")
    config = presets[preset](seed=seed)
    if not sys.stderr.isatty():
        return render_livestream(config, output)
    from rich.console import Console

    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task("rendering", total=None)
        return render_livestream(
            config, output, progress=lambda done, total: bars.update(task, completed=done, total=total)
        )
