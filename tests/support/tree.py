"""The files of this project, as its house rules see them."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROOMS = ("pipeline", "topics", "tests", "bench", "deploy")


def python_files(*rooms: str) -> list[Path]:
    """The Python files of the named rooms, or of all of them."""
    return sorted(path for room in rooms or _ROOMS for path in (ROOT / room).rglob("*.py"))


def tracked_files() -> list[Path]:
    """Every file under version control; outside a checkout, every file that a package carries."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return python_files()
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def shown(path: Path) -> str:
    """The path as people write it."""
    return str(path.relative_to(ROOT))
