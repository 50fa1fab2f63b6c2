"""What `tests/conftest.py` promises every test."""

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_real_home_is_out_of_sight() -> None:
    real = pwd.getpwuid(os.getuid()).pw_dir
    assert str(Path.home()) != real
    for name, value in os.environ.items():
        if name == "HOME" or name.startswith("XDG_"):
            assert not value.startswith(f"{real}/"), name


def test_there_is_no_session_bus_to_find() -> None:
    assert "DBUS_SESSION_BUS_ADDRESS" not in os.environ
    assert not (Path(os.environ["XDG_RUNTIME_DIR"]) / "bus").exists()


# Addresses for documentation: nobody answers there, should the guard fail.
@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_a_connection_that_would_leave_the_computer_fails_the_test(
    address: tuple[str, int],
) -> None:
    with pytest.raises(pytest.fail.Exception, match="reached for the network"):
        socket.create_connection(address, timeout=1)


def test_a_question_to_dns_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"reached for the network: lender\.test"):
        socket.getaddrinfo("lender.test", 443)


def test_loopback_stays_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        client.sendall(b"here")
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(4) == b"here"


def run_a_test_that_lacks(
    package: str, checkout: Path, folder: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest, in a process of its own, on one test that needs a system package."""
    skip = f"pytest.skip('needs system package: {package}')"
    (folder / "test_lacking.py").write_text(f"import pytest\n\ndef test_lacking():\n    {skip}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, f"--rootdir={folder}", folder],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_last_line_names_the_system_packages_that_tests_lacked(
    checkout: Path, tmp_path: Path
) -> None:
    done = run_a_test_that_lacks("some-server", checkout, tmp_path)
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == "Skipped for want of system packages: some-server"


def test_where_nothing_may_be_skipped_a_lacking_package_is_a_failure(
    checkout: Path, tmp_path: Path
) -> None:
    done = run_a_test_that_lacks(
        "some-server", checkout, tmp_path, LOAN_WATCHER_TESTS_SKIP_NOTHING="1"
    )
    assert done.returncode == 1
    assert "1 failed" in done.stdout
