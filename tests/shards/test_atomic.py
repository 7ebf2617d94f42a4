from __future__ import annotations

from pathlib import Path

import pytest

from cointeract_shards import atomic


def write_half_of(path: Path) -> None:
    with atomic.atomic_file(path) as temporary:
        temporary.write_text("half")
        assert atomic.is_temporary(temporary)
        raise OSError("disk full")


def fill_half_of(target: Path) -> None:
    with atomic.atomic_directory(target, replace=True) as folder:
        (folder / "b").write_text("2")
        raise OSError("disk full")


def test_a_file_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "new" / "a.txt", "one\n")
    atomic.write_text(tmp_path / "new" / "a.txt", "two\n")
    assert [(path.name, path.read_text()) for path in (tmp_path / "new").iterdir()] == [("a.txt", "two\n")]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="disk full"):
        write_half_of(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_folder_is_replaced_only_when_asked_and_only_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with atomic.atomic_directory(target, replace=False) as folder:
        (folder / "a").write_text("1")
    with pytest.raises(FileExistsError, match="folder"), atomic.atomic_directory(target, replace=False):
        pass
    with pytest.raises(OSError, match="disk full"):
        fill_half_of(target)
    assert [path.name for path in target.iterdir()] == ["a"]
    with atomic.atomic_directory(target, replace=True) as folder:
        (folder / "b").write_text("2")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
