"""Check the only wheel in a folder: it is abi3, typed and complete, and the unpacked package imports and trains.

python check_wheel.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FREE_THREADING = "Classifier: Programming Language :: Python :: Free Threading :: 1 - Unstable"
NEEDED = {"doge_hmm/__init__.py", "doge_hmm/_native.abi3.so", "doge_hmm/_native.pyi", "doge_hmm/hmm.py", "doge_hmm/py.typed"}
PROGRAM = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np, doge_hmm
assert doge_hmm.__file__.startswith(sys.argv[1]), doge_hmm.__file__
noise = np.random.default_rng(0)
detector = doge_hmm.RegimeDetector()
assert detector.train(100 + np.cumsum(noise.normal(size=600)), noise.random(600))
"""


def main(folder: str) -> None:
    """Check the folder's wheel; exit with a message and code 1 if it must not be released."""
    wheels = sorted(Path(folder).glob("doge_hmm-*.whl"))
    if len(wheels) != 1:
        sys.exit(f"{folder}: expected one wheel, found {len(wheels)}")
    if "-cp311-abi3-" not in wheels[0].name:
        sys.exit(f"{wheels[0].name}: is no abi3 wheel for CPython 3.11 and later")
    with zipfile.ZipFile(wheels[0]) as archive, tempfile.TemporaryDirectory() as place:
        missing = NEEDED - set(archive.namelist())
        if missing:
            sys.exit(f"{wheels[0].name}: lacks {', '.join(sorted(missing))}")
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        if FREE_THREADING not in archive.read(metadata).decode().splitlines():
            sys.exit(f"{wheels[0].name}: does not say what free-threaded builds of CPython get")
        archive.extractall(place)
        if subprocess.run([sys.executable, "-I", "-c", PROGRAM, place], check=False).returncode:
            sys.exit(f"{wheels[0].name}: does not work")
    print(f"{wheels[0].name}: fit to ship")


main(*sys.argv[1:])
