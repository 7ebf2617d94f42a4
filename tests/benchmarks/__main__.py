"""`make bench`: every benchmark, each with its ratios measured side by side in one run. Name some to run only those."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks import (
    bookkeeping,
    clip_half,
    inspector_pages,
    inspector_server,
    memory,
    overhead,
    reviews,
    training_data,
    training_step,
    transformer,
    transformer_costs,
)
from tests.footage import ROOT

BENCHMARKS = {
    "overhead": overhead.run,
    "clip-half": clip_half.run,
    "memory": memory.run,
    "bookkeeping": bookkeeping.run,
    "transformer": transformer.run,
    "transformer-costs": transformer_costs.run,
    "training-data": training_data.run,
    "training-step": training_step.run,
    "reviews": reviews.run,
    "inspector-server": inspector_server.run,
    "inspector-pages": inspector_pages.run,
}


def main(names: list[str]) -> None:
    """Run benchmarks and print what they measured."""
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or list(BENCHMARKS):
        description = (sys.modules[BENCHMARKS[name].__module__].__doc__ or "").splitlines()[0]
        sys.stdout.write(f"\n{name}: {description}\n\n")
        sys.stdout.flush()
        for line in BENCHMARKS[name](Path(folder)):
            sys.stdout.write(f"  {line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
