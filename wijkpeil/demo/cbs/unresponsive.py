"""An address that answers nothing at all, not even that nobody is there."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

_AT_MOST = 64


@contextlib.contextmanager
def hanging_address() -> Iterator[tuple[str, int]]:
    """A host and port on ::1, or on 127.0.0.2 without IPv6, at which a connect neither succeeds
    nor fails: more clients wait there than the system queues. Raises OSError if it does not."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listener())
        address = listener.getsockname()
        for _ in range(_AT_MOST):
            client = stack.enter_context(socket.socket(listener.family, socket.SOCK_STREAM))
            client.setblocking(False)
            client.connect_ex(address)
            if not _is_connected(client):
                yield address[0], address[1]
                return
        raise OSError(f"{_AT_MOST} connections did not fill the queue of a listener.")


def _listener() -> socket.socket:
    try:
        return socket.create_server(("::1", 0), family=socket.AF_INET6, backlog=0)
    except OSError:
        return socket.create_server(("127.0.0.2", 0), backlog=0)


def _is_connected(client: socket.socket) -> bool:
    """Whether the connection is there within a fifth of a second."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            client.getpeername()
            return True
        time.sleep(0.01)
    return False
