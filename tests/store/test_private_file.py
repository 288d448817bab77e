"""What a kill left of a file that was being written goes with the next writing of it; that of the
site's own key, which is written once, with the next look."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.registry import site_key
from gateway.store import marker
from gateway.store.private_file import write_first, write_private, write_result


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


def killed_before(number: int, deed: Callable[[], object]) -> bool:
    """Do it in a child that dies before its rename, link or removal of this number; whether it
    died of that."""
    pid = os.fork()
    if pid == 0:
        seen = 0

        def die(name: str, _: object) -> None:
            nonlocal seen
            if name in ("os.rename", "os.link", "os.remove"):
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        sys.addaudithook(die)
        deed()
        os.kill(os.getpid(), signal.SIGTERM)  # nothing of the tests goes on in it
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_a_site_key_that_is_killed_while_it_is_made_is_there_once_or_not(tmp_path: Path) -> None:
    """A second copy of the key that signs for the site stayed for ever, under a hidden name."""
    for number in range(2):
        path = site_key.place(tmp_path / f"{number}.db")
        assert killed_before(number, lambda path=path: site_key.load_or_make(path))
        assert len(list(tmp_path.glob(f".{path.name}.*"))) == 1
        key = site_key.load_or_make(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert site_key.load_or_make(path).private_bytes_raw() == key.private_bytes_raw()
        assert list(tmp_path.glob(f".{path.name}.*")) == []


def test_whoever_is_quicker_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_first(path, b"mine")
    write_first(path, b"yours")
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_marker_that_is_killed_leaves_nothing_behind_the_next(tmp_path: Path) -> None:
    places = marker.places(tmp_path / "menshen.db")
    known = marker.Marker("site", "life", 7, 0, "1", 0, "boot")
    assert killed_before(0, lambda: marker.write(places, known))
    assert len(list(tmp_path.iterdir())) == 1
    assert marker.expected_at(places) is None
    marker.write(places, known)
    assert list(tmp_path.iterdir()) == places
    found = marker.expected_at(places)
    assert found is not None
    assert found.marker == known
