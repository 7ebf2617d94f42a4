from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from cointeract_curation.core.fingerprint import ArtifactKey
from cointeract_curation.core.local_store import LocalStore
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import Attempt, AttemptLimits, AttemptState, FailureKind, Outcome
from cointeract_curation.core.store import ArtifactStore, describe_files
from cointeract_curation.core.units import FileUnit

KEY = ArtifactKey("0123456789abcdef-00000000", "cut", "f" * 16)


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    root = str(tmp_path) if request.param == "local" else f"memory://{uuid.uuid4().hex}"
    return open_store(root, tmp_path / "cache")


def commit(store: ArtifactStore, content: bytes = b"video", key: ArtifactKey = KEY) -> Outcome:
    folder = store.workspace_folder()
    (folder / "rgb.mp4").write_bytes(content)
    outcome = Outcome(
        key.stage, key.unit_id, key.fingerprint, {"width": 480}, describe_files(folder), {}, 1, "host", 0.0, 1.0
    )
    store.commit(key, folder, outcome)
    return outcome


def attempt(number: int = 1, kind: FailureKind | None = None) -> Attempt:
    state = AttemptState.STARTED if kind is None else AttemptState.FAILED
    return Attempt(number, state, "run", "host", 1, 0.0, kind=kind)


def test_what_was_committed_is_found_again(store: ArtifactStore) -> None:
    assert store.outcome(KEY) is None
    outcome = commit(store)
    assert store.outcome(KEY) == outcome
    assert store.artifact(KEY, "rgb.mp4").read_bytes() == b"video"
    assert store.intact(KEY, outcome)


def test_the_first_commit_stays_when_two_workers_finish_the_same_work(store: ArtifactStore) -> None:
    first = commit(store)
    commit(store)
    assert store.outcome(KEY) == first


def test_a_missing_or_cut_artifact_is_not_intact(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    outcome = commit(store)
    path = store.artifact(KEY, "rgb.mp4")
    path.write_bytes(b"vid")
    assert not store.intact(KEY, outcome)
    path.unlink()
    assert not store.intact(KEY, outcome)
    with pytest.raises(FileNotFoundError, match=r"rgb\.mp4"):
        store.artifact(KEY, "rgb.mp4")


def test_a_removed_result_can_be_made_again(store: ArtifactStore) -> None:
    commit(store)
    store.remove(KEY)
    assert store.outcome(KEY) is None
    commit(store, b"anew")
    assert store.artifact(KEY, "rgb.mp4").read_bytes() == b"anew"


def test_nothing_is_visible_before_the_commit(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    folder = store.workspace_folder()
    (folder / "rgb.mp4").write_bytes(b"half")
    assert store.outcome(KEY) is None
    assert not (store.root / KEY.folder).exists()


def test_attempts_are_kept_until_the_work_succeeds(store: ArtifactStore) -> None:
    store.write_attempt(KEY, attempt(1, FailureKind.ERROR))
    store.write_attempt(KEY, attempt(2))
    assert [item.number for item in store.trial(KEY).attempts] == [1, 2]
    commit(store)
    assert store.trial(KEY).attempts == []


def test_a_unit_is_quarantined_after_its_failures_but_not_for_interruptions_of_the_run(store: ArtifactStore) -> None:
    limits = AttemptLimits(failures=2, interruptions=4)
    store.write_attempt(KEY, attempt(1, FailureKind.INTERRUPTED))
    store.write_attempt(KEY, attempt(2, FailureKind.INTERRUPTED))
    store.write_attempt(KEY, attempt(3, FailureKind.CRASH))
    assert not store.trial(KEY).exhausted(limits)
    store.write_attempt(KEY, attempt(4, FailureKind.ERROR))
    assert store.trial(KEY).exhausted(limits)


def test_unusable_input_is_quarantined_at_once(store: ArtifactStore) -> None:
    store.write_attempt(KEY, attempt(1, FailureKind.UNUSABLE))
    assert store.trial(KEY).exhausted(AttemptLimits())


def test_input_files_are_remembered_once_each(store: ArtifactStore) -> None:
    unit = FileUnit(path="/videos/größe.mp4", size=5, mtime_ns=1)
    store.register(unit)
    store.register(unit)
    assert list(store.registered()) == [unit]


def test_a_damaged_outcome_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    commit(store)
    path = store.root / KEY.folder / "outcome.json"
    path.write_text("{")
    with pytest.raises(ValueError, match=r"outcome\.json: not a readable outcome"):
        store.outcome(KEY)
