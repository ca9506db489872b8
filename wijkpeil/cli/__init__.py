"""`wijkpeil`: thin commands over the functions that flows use too.

Exit code 0 is done, 1 is failed with one sentence on stderr, 2 is wrong usage.
"""

# commands are listed in the order in which they come here
from wijkpeil.cli import (  # noqa: I001
    run,  # noqa: F401
    report,  # noqa: F401
    alerts,  # noqa: F401
    quarantine,  # noqa: F401
    ask,  # noqa: F401
    catalog,  # noqa: F401
)
from wijkpeil.cli.app import main, out

__all__ = ["main", "out"]
