"""A server that hangs up between the connection and TLS leaves no open socket behind."""

import gc
import select
import socket
import struct

import pytest

from watcher.sources.imap.connection import tls_context

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: what is closed so is reset."""


def test_a_connection_that_was_reset_before_tls_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        plain = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        theirs.close()
        assert select.select([plain], [], [], 5)[0]
        with pytest.raises(ConnectionResetError):
            tls_context(None).wrap_socket(plain, server_hostname="localhost")
    gc.collect()
