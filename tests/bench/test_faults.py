import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.faulty_disk import CHANGE, SYNC, WRITE, Fault, FaultyDisk

WRITER = """
import json, os, sys
said = {}
for name in sys.argv[1:]:
    try:
        file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.write(file, b"text")
        os.fsync(file)
        os.fsync(file)
        said[name] = None
    except OSError as error:
        said[name] = error.errno
print(json.dumps(said), flush=True)
"""


def written(disk: FaultyDisk, *files: Path) -> list[int | None]:
    """Have a child write files, and return what each met."""
    environ = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
    program = [sys.executable, "-c", WRITER, *map(str, files)]
    child = disk.start(program, environ, pipes={"stdout": subprocess.PIPE})
    said = json.loads(child.communicate(timeout=60)[0])
    return [said[str(file)] for file in files]


@pytest.mark.parametrize(
    ("fault", "met"),
    [
        (Fault(kinds=frozenset({SYNC}), error=errno.EIO), errno.EIO),
        (Fault(kinds=frozenset({SYNC}), error=errno.EIO, first=2, once=True), errno.EIO),
        (Fault(kinds=frozenset({SYNC}), error=errno.EIO, first=3), None),
        (Fault(kinds=frozenset({WRITE}), error=errno.ENOSPC), errno.ENOSPC),
        (Fault(kinds=frozenset({CHANGE}), error=errno.EROFS), errno.EROFS),
        (None, None),
    ],
)
def test_only_calls_about_files_below_the_folder_fail(
    tmp_path: Path, fault: Fault | None, met: int | None
) -> None:
    folder = tmp_path.resolve() / "faulty"
    folder.mkdir()
    inside, outside = folder / "a", tmp_path / "b"
    assert written(FaultyDisk(folder, fault), inside, outside) == [met, None]
    assert outside.read_bytes() == b"text"
    if met in (errno.ENOSPC, errno.EROFS):
        assert not inside.exists() or inside.read_bytes() == b""
