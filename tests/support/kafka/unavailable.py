"""Why a broker cannot be had."""


class Unavailable(Exception):  # noqa: N818 (a reason to look elsewhere, not an error)
    """One way to a broker is closed; the text says why."""
