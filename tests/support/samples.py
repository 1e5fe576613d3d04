"""The sample events of the package, line by line."""

from pathlib import Path

import pipeline

_FOLDER = Path(pipeline.__file__).parent / "samples"


def sample_lines() -> dict[str, list[bytes]]:
    r"""The lines of each file by its name, split at \n only."""
    return {
        path.stem: path.read_bytes().removesuffix(b"\n").split(b"\n")
        for path in sorted(_FOLDER.glob("*.jsonl"))
    }
