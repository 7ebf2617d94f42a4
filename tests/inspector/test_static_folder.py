from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cointeract_inspector.errors import InspectorError
from cointeract_inspector.settings import STATIC, Settings
from cointeract_inspector.static_folder.bundle import bundle
from cointeract_inspector.static_folder.write import write_folder
from cointeract_shards.reviews.event import Draft
from cointeract_shards.reviews.log import ReviewLog
from tests.inspector.made import PACKED, QUARANTINED, REJECTED

NODE = shutil.which("node")


def run(script: str) -> str:
    if NODE is None:
        pytest.skip("no node: bundled pages are not run here")
    return subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True).stdout.strip()


def test_modules_become_one_script_that_does_the_same() -> None:
    modules = {
        "main.js": 'import { twice as double, Box } from "./lib.js";\nimport * as names from "./names.js";\nimport "./side.js";\n'
        "console.log(double(4), new Box(2).size, names.first, globalThis.touched);\n",
        "lib.js": 'import { factor } from "./names.js";\nexport const twice = (x) => x * factor;\n'
        "export class Box { constructor(size) { this.size = size; } }\n",
        "names.js": "const a = 2;\nconst b = 'one';\nexport { a as factor,\n  b as first };\nexport {};\n",
        "side.js": "globalThis.touched = true;\n",
    }
    assert run(bundle(modules, "main.js")) == "8 2 one true"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"main.js": 'import { a } from "./other.js";'}, "imports other.js"),
        ({"main.js": 'import { a } from "./b.js";', "b.js": 'import { c } from "./main.js";'}, "circle"),
        ({"main.js": "export default 3;"}, "can't hold"),
        ({"main.js": 'import main from "./b.js";', "b.js": ""}, "can't hold"),
        ({"main.js": "export let changing = 1;"}, "can't hold"),
    ],
)
def test_what_a_script_can_not_do_is_refused(modules: dict[str, str], message: str) -> None:
    with pytest.raises(InspectorError, match=message):
        bundle(modules, "main.js")


def test_the_pages_themselves_can_be_bundled(tmp_path: Path) -> None:
    script = bundle({path.name: path.read_text() for path in STATIC.glob("*.js")}, "main.js")
    if NODE is not None:
        (tmp_path / "app.js").write_text(script)
        subprocess.run([NODE, "--check", str(tmp_path / "app.js")], check=True)


def test_a_folder_holds_all_that_its_pages_ask_for(shared_dataset: Path, tmp_path: Path) -> None:
    chosen = [PACKED[1], REJECTED, QUARANTINED]
    target = tmp_path / "folder"
    written = write_folder(Settings(shared_dataset, cache=tmp_path / "cache"), target, samples=chosen, first=1)
    assert written.samples == tuple(chosen)
    document = (target / "index.html").read_text()
    assert "/static/" not in document
    assert 'type="module"' not in document
    content = json.loads((target / "data.js").read_text().removeprefix("globalThis.COINTERACT_STATIC = ").rstrip(";\n"))
    assert [row["id"] for row in content["rows"]] == chosen
    sample = content["samples"][PACKED[1]]
    addresses = [sample["artifacts"][name]["url"] for name in ("rgb", "hoi", "motion", "audio", "person", "product")]
    addresses += [reference[key] for reference in sample["refs"].values() for key in ("url", "source_url")]
    addresses += [content["rows"][0]["poster"], content["rows"][0]["strip"]]
    for address in addresses:
        assert (target / address).is_file(), address
    assert len(content["masks"][PACKED[1]]["frames"]) == 81
    assert content["dataset"]["read_only"] is True
    assert content["samples"][QUARANTINED]["artifacts"] == {}
    assert str(shared_dataset) not in (target / "data.js").read_text(), "no path of this machine is sent around"


def test_nobodys_decisions_are_in_a_folder(dataset: Path, tmp_path: Path) -> None:
    with ReviewLog(dataset / "reviews", "ann") as log:
        log.append([Draft(sample=PACKED[0], sha="0" * 64, verb="reject", note="thumb")])
    write_folder(Settings(dataset, cache=tmp_path / "cache"), tmp_path / "folder", samples=[PACKED[0]], first=1)
    assert "thumb" not in (tmp_path / "folder" / "data.js").read_text()


def test_a_folder_is_never_written_over_another_and_ids_are_checked(shared_dataset: Path, tmp_path: Path) -> None:
    settings = Settings(shared_dataset, cache=tmp_path / "cache")
    (tmp_path / "there").mkdir()
    with pytest.raises(InspectorError, match="exists already"):
        write_folder(settings, tmp_path / "there", samples=None, first=1)
    with pytest.raises(InspectorError, match="no sample 'nobody'"):
        write_folder(settings, tmp_path / "new", samples=["nobody"], first=1)
    assert not (tmp_path / "new").exists()
