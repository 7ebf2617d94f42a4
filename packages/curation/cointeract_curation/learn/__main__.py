"""Train the network of the stage `object` anew: rendered examples first, then the fit.

    python -m cointeract_curation.learn --work build/learn --out handled_object.safetensors

Examples that are there already are used again; a folder that was left half filled is made anew.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
from pathlib import Path

from cointeract_curation.learn.examples import are_complete, make_examples
from cointeract_curation.learn.fit import FitConfig, fit_network

LOG = logging.getLogger(__name__)
SHOTS, SEED, WORKERS = 800, 100, 2


def main(arguments: list[str] | None = None) -> None:
    """Make what is missing of the examples, fit, and write the weights and their configuration."""
    parser = argparse.ArgumentParser(
        prog="python -m cointeract_curation.learn", description=(__doc__ or "").split("\n", 1)[0],
        epilog="example: python -m cointeract_curation.learn --work build/learn --shots 200 --steps 1000 --out small.safetensors",
    )  # fmt: skip
    parser.add_argument("--work", type=Path, required=True, help="folder for the examples, about 13 MB a shot")
    parser.add_argument("--out", type=Path, required=True, help="file for the weights")
    parser.add_argument(
        "--shots", type=int, default=SHOTS, help="rendered shots, about 5 seconds of one core each (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the shots and of the fit (%(default)s)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes that render (%(default)s)")
    parser.add_argument("--steps", type=int, default=FitConfig().steps, help="of the fit (%(default)s)")
    parser.add_argument("--start", type=Path, help="weights to go on from, instead of random ones")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    share = -(-options.shots // options.workers)
    folders = [options.work / f"seed-{options.seed + 1 + worker}" for worker in range(options.workers)]
    jobs = [
        (folder, share, options.seed + 1 + worker)
        for worker, folder in enumerate(folders)
        if not are_complete(folder, share)
    ]
    LOG.info("%d shots to render in %d folders", share * len(jobs), len(jobs))
    if jobs:
        with multiprocessing.get_context("spawn").Pool(len(jobs)) as pool:
            pool.starmap(make_examples, jobs)
    config = FitConfig(seed=options.seed, steps=options.steps, start=options.start)
    fit_network(folders, config, options.out, LOG.info)
    options.out.with_suffix(".json").write_text(config.model_dump_json(indent=2))


if __name__ == "__main__":
    main()
