"""A TCP proxy between two nodes: keeps all that passes, flips a bit when told, and cuts the wire."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field

_CHUNK_BYTES = 64 * 1024
_MASKED = 0x80
_LENGTH_BITS = 0x7F


@dataclass
class Passage:
    """One direction of one connection."""

    bytes_seen: bytearray = field(default_factory=bytearray)


class Proxy:
    """Listen on loopback and pass everything on to a node, both ways.

    Args:
        target: host and port of the node.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.passages: list[Passage] = []
        self.flipped = threading.Event()
        self._flip = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return where a node dials to reach the other through this proxy."""
        return f"ws://127.0.0.1:{self.port}/sync"

    def flip_a_bit(self) -> None:
        """Change one bit in the next bytes that pass, the last of them, which is inside a frame's payload."""
        self.flipped.clear()
        self._flip.set()

    def cut(self) -> None:
        """End all connections and let nobody through until `heal`."""
        self._open.clear()
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            _shut(each)

    def heal(self) -> None:
        """Let connections through again."""
        self._open.set()

    def close(self) -> None:
        """End everything."""
        self.cut()
        _shut(self._listener)
        self._listener.close()

    def payloads(self) -> list[bytes]:
        """Return what nodes said in each direction of each connection: WebSocket payloads, without masks."""
        return [unframed(bytes(passage.bytes_seen)) for passage in self.passages]

    def raw(self) -> bytes:
        """Return all bytes as they passed."""
        return b"".join(bytes(passage.bytes_seen) for passage in self.passages)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._open.is_set():
                    near.close()
                    continue
                try:
                    far = socket.create_connection(self.target)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._sockets |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    passage = Passage()
                    self.passages.append(passage)
                    threading.Thread(target=self._pass_on, args=(source, sink, passage), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, passage: Passage) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                passage.bytes_seen += chunk
                sink.sendall(self._touched(chunk))
        # Whichever side ends, the connection is over for both.
        for each in (source, sink):
            _shut(each)
        with self._lock:
            both_done = source not in self._sockets
            self._sockets -= {source, sink}
        if both_done:
            source.close()
            sink.close()

    def _touched(self, chunk: bytes) -> bytes:
        with self._lock:
            if not self._flip.is_set():
                return chunk
            self._flip.clear()
            self.flipped.set()
        return chunk[:-1] + bytes([chunk[-1] ^ 1])


def unframed(stream: bytes) -> bytes:
    """Return the payloads of one direction of a WebSocket, unmasked and joined (RFC 6455, section 5.2)."""
    head, _, rest = stream.partition(b"\r\n\r\n")
    assert b"permessage-deflate" not in head
    said = bytearray()
    while len(rest) >= 2:
        length, place = rest[1] & _LENGTH_BITS, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, place = int.from_bytes(rest[2 : 2 + width], "big"), 2 + width
        mask = b"\0\0\0\0"
        if rest[1] & _MASKED:
            mask, place = rest[place : place + 4], place + 4
        payload = rest[place : place + length]
        said += bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        rest = rest[place + length :]
    return bytes(said)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
