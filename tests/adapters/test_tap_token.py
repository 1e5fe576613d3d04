"""The token of a worker: in a file of its user's own, and in no other."""

import os
import stat
from pathlib import Path

import pytest

from pipeline.adapters.tap_token import TokenError, TokenFile, find_token, token_folders


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_kept_for_its_user_alone_and_found_by_the_port(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    one, other = TokenFile(9464, [folder]), TokenFile(9465, [folder])
    assert (find_token(9464, [folder]), find_token(9465, [folder])) == (one.token, other.token)
    assert one.token != other.token
    assert (_mode(folder), _mode(folder / "9464.token")) == (0o700, 0o600)
    assert sorted(path.name for path in folder.iterdir()) == ["9464.token", "9465.token"]
    one.remove()
    other.remove()
    assert list(folder.iterdir()) == []


def test_whatever_the_umask_its_user_can_read_it_and_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        kept = TokenFile(1, [tmp_path / "run"])
    finally:
        os.umask(before)
    assert (_mode(tmp_path / "run"), _mode(tmp_path / "run" / "1.token")) == (0o700, 0o600)
    kept.remove()


def test_what_a_killed_worker_left_is_replaced(tmp_path: Path) -> None:
    killed = TokenFile(1, [tmp_path / "run"])
    successor = TokenFile(1, [tmp_path / "run"])
    assert find_token(1, [tmp_path / "run"]) == successor.token
    killed.remove()
    assert find_token(1, [tmp_path / "run"]) == successor.token, "it is not the other's to remove"
    successor.remove()


def test_the_users_own_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    beside = tmp_path / f"kameleoon-pipeline-{os.geteuid()}"
    assert token_folders({"XDG_RUNTIME_DIR": "/run/user/7"}) == (
        Path("/run/user/7/kameleoon-pipeline"),
        beside,
    )
    assert token_folders({}) == token_folders({"XDG_RUNTIME_DIR": "not/absolute"}) == (beside,)


def test_where_the_first_folder_is_not_there_the_next_is_taken(tmp_path: Path) -> None:
    folders = [tmp_path / "away" / "run", tmp_path / "run"]
    kept = TokenFile(1, folders)
    assert find_token(1, folders) == kept.token
    assert not (tmp_path / "away").exists()
    kept.remove()


def _linked_folder(folder: Path) -> None:
    (folder.parent / "own").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "own")


def _open_folder(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o750)


def _a_file(folder: Path) -> None:
    folder.write_text("")


@pytest.mark.parametrize("plant", [_linked_folder, _open_folder, _a_file])
def test_a_folder_that_is_not_ones_own_is_not_written_to_and_not_read_from(
    plant: "type", tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    plant(folder)
    with pytest.raises(TokenError, match="run"):
        TokenFile(1, [folder])
    with pytest.raises(TokenError, match="run"):
        find_token(1, [folder])
    assert not list(tmp_path.rglob("*.token*"))


@pytest.mark.parametrize("plant", [_linked_folder, _open_folder, _a_file])
def test_where_the_first_folder_cannot_be_used_the_next_is_looked_in_as_it_was_written_to(
    plant: "type", tmp_path: Path
) -> None:
    """Such as the run-time folder of who has become this user by `su`."""
    folders = [tmp_path / "run", tmp_path / "beside"]
    plant(folders[0])
    kept = TokenFile(1, folders)
    assert find_token(1, folders) == kept.token
    kept.remove()
    with pytest.raises(TokenError, match="run"):
        find_token(1, folders)


def test_a_folder_of_another_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    kept = TokenFile(1, [folder])
    own = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: own + 1)
    with pytest.raises(TokenError, match="not a folder of this user alone"):
        find_token(1, [folder])
    with pytest.raises(TokenError, match="not a folder of this user alone"):
        TokenFile(1, [folder])
    monkeypatch.undo()
    kept.remove()


def _link(file: Path) -> None:
    (file.parent / "other").touch(mode=0o600)
    (file.parent / "other").write_text("a" * 43)
    file.symlink_to(file.parent / "other")


def _readable(file: Path) -> None:
    file.write_text("a" * 43)
    file.chmod(0o640)


def _pipe(file: Path) -> None:
    os.mkfifo(file, 0o600)


def _folder(file: Path) -> None:
    file.mkdir(mode=0o700)


def _nonsense(file: Path) -> None:
    file.write_bytes(b"canary\xff\n" * 1000)
    file.chmod(0o600)


@pytest.mark.parametrize("plant", [_link, _readable, _pipe, _folder, _nonsense])
def test_a_file_that_is_no_token_of_ones_own_is_not_read(plant: "type", tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    plant(folder / "1.token")
    with pytest.raises(TokenError) as refused:
        find_token(1, [folder])
    assert "canary" not in str(refused.value)


def test_a_planted_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder, victim = tmp_path / "run", tmp_path / "victim"
    folder.mkdir(mode=0o700)
    victim.write_text("as it was")
    (folder / "1.token").symlink_to(victim)
    kept = TokenFile(1, [folder])
    assert victim.read_text() == "as it was"
    assert find_token(1, [folder]) == kept.token
    kept.remove()


def test_where_no_folder_can_be_made_all_are_named(tmp_path: Path) -> None:
    with pytest.raises(TokenError) as refused:
        TokenFile(1, [tmp_path / "a" / "run", tmp_path / "b" / "run"])
    assert str(refused.value).count("No such file or directory") == 2


def test_without_a_token_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match=r"no token of a worker at port 9464 in .*run"):
        find_token(9464, [tmp_path / "run"])
