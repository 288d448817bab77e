"""What a kill left of a file that was being written goes with the next writing of it."""

import fcntl
from pathlib import Path

from gateway.provisioning.private_file import write_private, write_result


def test_what_nobody_will_finish_is_taken_away_and_what_somebody_writes_stays(
    tmp_path: Path,
) -> None:
    """A hidden copy of a key, or of a sheet with a household's code, stayed for ever."""
    for write in (write_private, write_result):
        path = tmp_path / "ca.key"
        left, living = (tmp_path / f".ca.key.{digits * 8}" for digits in "01")
        others = [tmp_path / name for name in (".ca.key.00000000x", ".cb.key.00000000", "ca.key.1")]
        for one in (left, living, *others):
            one.write_bytes(b"half")
        with living.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            write(path, b"whole")
        assert path.read_bytes() == b"whole"
        assert sorted(tmp_path.iterdir()) == sorted([path, living, *others])
        path.unlink()


def test_what_stands_there_and_is_no_file_is_left(tmp_path: Path) -> None:
    folder, link = tmp_path / ".key.00000000", tmp_path / ".key.11111111"
    folder.mkdir()
    (tmp_path / "elsewhere").write_bytes(b"mine")
    link.symlink_to(tmp_path / "elsewhere")
    write_private(tmp_path / "key", b"whole")
    assert folder.is_dir()
    assert (tmp_path / "elsewhere").read_bytes() == b"mine"
