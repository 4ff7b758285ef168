"""A TCP proxy on the loopback interface that makes each round trip slower."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

_CHUNK = 1 << 16


class SlowProxy:
    """Forwards connections to a server and delays what clients send.

    Each time the client speaks after the server has, that is once a round trip, its
    bytes wait; what follows within the same turn does not.
    """

    def __init__(self, host: str, port: int, delay: float) -> None:
        """Listen on a free port.

        host, port: the server; delay: seconds for each round trip.
        """
        self._target = (host, port)
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()[:2]
        self.round_trips = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            server = socket.create_connection(self._target)
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            turn = threading.Event()  # set while it is the client's turn to speak
            turn.set()
            for source, sink, is_client in (
                (client, server, True),
                (server, client, False),
            ):
                threading.Thread(
                    target=self._pump, args=(source, sink, turn, is_client), daemon=True
                ).start()

    def _pump(
        self,
        source: socket.socket,
        sink: socket.socket,
        turn: threading.Event,
        is_client: bool,
    ) -> None:
        with contextlib.suppress(OSError):  # either side may hang up at any time
            while chunk := source.recv(_CHUNK):
                if not is_client:
                    turn.set()
                elif turn.is_set():
                    turn.clear()
                    self.round_trips += 1
                    time.sleep(self._delay)
                sink.sendall(chunk)
        for side in (source, sink):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening; open connections live until a side hangs up."""
        self._listener.close()


@contextlib.contextmanager
def slow_proxy(host: str, port: int, delay: float) -> Iterator[SlowProxy]:
    """Run a proxy for a block."""
    proxy = SlowProxy(host, port, delay)
    try:
        yield proxy
    finally:
        proxy.close()
