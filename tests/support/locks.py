"""What the lock files pin."""

import re

from packaging.utils import canonicalize_name

from tests.support.tree import ROOT

_PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?P<rest>(?:.*\\\n)(?:    --hash=.*\n?)+)", re.MULTILINE
)


def pins(lock: str, *, on_every_system: bool = False) -> dict[str, str]:
    """Package → version; only entries with a hash count. Those for some systems only can be left out."""
    text = (ROOT / lock).read_text()
    return {
        canonicalize_name(pin["name"]): pin["version"]
        for pin in _PIN.finditer(text)
        if not (on_every_system and pin["rest"].lstrip().startswith(";"))
    }
