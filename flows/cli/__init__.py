"""`wijkpeil`: thin commands over the functions that flows use too.

Exit code 0 is done, 1 is failed with one sentence on stderr, 2 is wrong usage.
"""

# commands are listed in the order in which they come here
from flows.cli import (  # noqa: I001
    running,  # noqa: F401
    reporting,  # noqa: F401
    telling,  # noqa: F401
    quarantining,  # noqa: F401
    asking,  # noqa: F401
    cataloguing,  # noqa: F401
)
from flows.cli.app import main, out

__all__ = ["main", "out"]
