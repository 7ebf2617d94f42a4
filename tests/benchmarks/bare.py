"""The bare backends on some sources, one after the other in one process: what the pipeline's overhead is measured against.

No store, no checksums, no fingerprints, no records of attempts: stages are called with a plain folder to write to.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_variable] = "1"

from cointeract import recipes  # noqa: E402 - threads must be limited before numpy is loaded
from cointeract_curation.core.recipe_file import load_recipe  # noqa: E402
from cointeract_curation.core.stage import Scores  # noqa: E402
from cointeract_curation.core.units import ClipUnit, SourceUnit, UnitKind  # noqa: E402
from cointeract_curation.engine.base import build_stages  # noqa: E402
from cointeract_curation.media.spans import spans_of  # noqa: E402
from cointeract_curation.stages.split.result import SplitResult  # noqa: E402
from tests.curation.local_workspace import LocalStore  # noqa: E402


def run(sources: list[Path], overrides: list[str]) -> int:
    """Curate ``sources`` up to the last stage; how many clips there were."""
    recipe = load_recipe(recipes.locate("embedded"), overrides)
    stages = build_stages(recipe)
    chain = [name for name, stage in stages.items() if stage.unit == UnitKind.CLIP]
    clips = 0
    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        for stage in stages.values():
            stage.setup()
        for number, path in enumerate(sources):
            source = SourceUnit(sha256=f"{number:064x}", path=str(path))
            store.run(stages["probe"], source)
            for span in spans_of(source, store.artifact(source, "probe", "timeline.npz"), stages["shots"].span_frames):
                store.run(stages["shots"], span)
            store.run(stages["split"], source)
            split = SplitResult.model_validate_json(store.artifact(source, "split", "split.json").read_bytes())
            for window in split.windows:
                shot = split.shots[window.shot]
                clip = ClipUnit(
                    source=source,
                    first=window.first,
                    frames=window.frames,
                    motion_frames=window.motion_frames,
                    shot=window.shot,
                    shot_first=shot.first,
                    shot_end=shot.end,
                )
                scores: dict[str, Scores] = {"probe": store.results[(source.unit_id, "probe")]}
                for name in chain:
                    scores[name] = store.run(stages[name], clip)
                    if recipe.policy.judge(name, scores) is not None:
                        break  # the pipeline spares such a clip what comes after, too
                clips += 1
    return clips


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--")]
    sys.stdout.write(f"{run(paths, [argument[2:] for argument in sys.argv[1:] if argument.startswith('--')])} clips\n")
