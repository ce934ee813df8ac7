"""What the TLS recipe promises besides the game: whom it believes, and how much."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from driver import CODE, Running
from ipc_cookbook import PlayerDied, run_pingpong

pytest.importorskip("trustme", reason="the recipe needs it")

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ipc_cookbook.recipes import tls_socket
from ipc_cookbook.recipes.tls_socket import TlsEnd

LIMIT_S = 20


@contextmanager
def connected(max_payload: int = 0) -> Iterator[tuple[TlsEnd, TlsEnd]]:
    """Both ends, entered; each waits for the other one in a thread of its own."""
    with tls_socket.open_pair(multiprocessing.get_context("spawn"), max_payload) as ends:
        for end in ends:
            end.plain.settimeout(LIMIT_S)
        other = threading.Thread(target=ends[1].__enter__)
        other.start()
        with ends[0]:
            other.join()
            yield ends
        ends[1].close()


@pytest.mark.parametrize("size", [0, 5000, 2**20])
def test_what_is_sent(size: int) -> None:
    with connected(size) as (first, second):
        for one, other in (first, second), (second, first):
            for message in (1, b"x" * size), (2**64 - 1, b""):
                sending = threading.Thread(target=one.send, args=(message,))
                sending.start()
                assert other.recv() == message
                sending.join()


def test_it_is_encrypted_and_both_have_shown_a_certificate() -> None:
    with connected() as ends:
        for end in ends:
            assert end.tls.version() == "TLSv1.3"
            assert end.tls.getpeercert()
            assert end.tls.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert end.tls.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("size", [31, 2**32, 2**64 - 1])
def test_a_longer_message_is_refused(size: int) -> None:
    """Without waiting for it, and without making room for it."""
    with connected(30) as (first, second):
        first.tls.sendall(bytes(8) + size.to_bytes(8) + bytes(30))
        with pytest.raises(ValueError, match=f"^{size} bytes announced, up to 30 agreed$"):
            second.recv()


@pytest.mark.parametrize("arrived", [0, 3, 8, 12, 15, 16, 20])
def test_half_a_message_and_then_the_end(arrived: int) -> None:
    with connected(30) as (first, second):
        first.tls.sendall((bytes(8) + (10).to_bytes(8) + bytes(10))[:arrived])
        first.tls.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            second.recv()


def test_the_keys_are_its_owners_and_gone_afterwards() -> None:
    with tls_socket.open_pair(multiprocessing.get_context("spawn"), 0) as ends:
        (keys,) = {end.keys for end in ends}
        if os.name == "posix":
            assert stat.S_IMODE(os.stat(keys).st_mode) == 0o600
        for end in ends:
            assert not any(isinstance(value, ssl.SSLContext) for value in vars(end).values())
            assert pickle.dumps(end.keys)
    assert not Path(keys).exists()


ASKED_AT_A_TERMINAL = """
import os, socket, ssl, sys
from ipc_cookbook.recipes.tls_socket import TlsEnd

os.open(os.ttyname(1), os.O_RDWR)  # it is this program's terminal from here on
try:
    with TlsEnd(socket.socket(), sys.argv[1], 0):
        print("accepted", flush=True)
except ssl.SSLError as error:
    print("refused", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX terminal")
def test_keys_under_a_password_are_an_error_and_no_question(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with tls_socket.open_pair(multiprocessing.get_context("spawn"), 0) as ends:
        plain = Path(ends[0].keys).read_bytes()
    private = load_pem_private_key(plain, None)
    secret = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    keys.write_bytes(secret + plain[plain.index(b"-----BEGIN CERTIFICATE") :])
    with Running(*CODE, ASKED_AT_A_TERMINAL, keys, terminals=["stdout"]) as program:
        assert program.out.line().strip() == "refused"
        program.end(0)


@pytest.mark.parametrize("says", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
def test_a_stranger_who_is_quicker_does_not_play(
    says: bytes, start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is accepted in the place of our own socket, has no keys, and so nothing is played."""
    connect = socket.create_connection

    with suppress(OSError):
        strangers: list[socket.socket] = []

        def connect_late(address: tuple[str, int]) -> socket.socket:
            strangers.append(connect(address))
            strangers[0].sendall(says)
            strangers[0].shutdown(socket.SHUT_WR)
            return connect(address)

        monkeypatch.setattr(tls_socket, "create_connection", connect_late)
        with pytest.raises(PlayerDied):
            run_pingpong(tls_socket, start_method=start_method, timeout=LIMIT_S)
        strangers[0].close()
