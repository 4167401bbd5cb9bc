"""A PostgreSQL server of one's own, from the binaries that the machine has.

It listens on a socket in its own folder only, and runs as another user where the tests run as root, because
PostgreSQL refuses to be root.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import IN_CI

_TRY_S = 0.05
_TRIES_MAX = 1_200
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "20",
    # Tests choose when statistics are gathered, and a test's end waits for nobody's cleaning.
    "autovacuum": "off",
}


class Server:
    """Start, kill and stop one server over one folder.

    Args:
        folder: empty, and readable by nobody else.
        settings: written over those of every test server.
    """

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self._programs = _programs()
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "log"
        self._as_user = _as_user(folder)
        self._settings = {**_SETTINGS, "unix_socket_directories": str(folder), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        words = ("--no-sync", "--auth=trust", "--username=hedgerow", "--encoding=UTF8", "--locale=C")
        command = [*self._as_user, str(self._programs / "initdb"), f"--pgdata={self._data}", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        assert done.returncode == 0, done.stderr

    def address(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://hedgerow@/{database}?host={self._folder}"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user, str(self._programs / "postgres"), "-D", str(self._data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        for _ in range(_TRIES_MAX):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_TRY_S)
                pytest.fail(f"PostgreSQL ended: {self._log.read_text(encoding='utf-8')}")
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.address()).close()
                return
        pytest.fail("expected PostgreSQL to answer within a minute")

    def stop(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def kill(self) -> None:
        """Kill the server and every process of it with SIGKILL, as an empty battery or the kernel would."""
        assert self._process is not None
        postmaster = self._process.pid
        # Stopped first, it starts nothing new while its children are counted.
        os.kill(postmaster, signal.SIGSTOP)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
        for process in (*map(int, children), postmaster):
            os.kill(process, signal.SIGKILL)
        self._process.wait()
        # They die one by one, and hold the memory they shared until the last is dead: the next server
        # would not start before.
        for _ in range(_TRIES_MAX):
            if not any(_is_alive(child) for child in children):
                return
            time.sleep(_TRY_S)
        pytest.fail("expected the processes of the server to end within a minute")

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Carry out statements behind the store's back."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, question: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Return the rows that a question finds."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            return connection.execute(question.encode()).fetchall()

    def end(self, role: str) -> None:
        """End the sessions that nodes opened in a role, as an administrator would."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE application_name LIKE 'hedgerow {role}%'"
        )

    def empty(self) -> str:
        """Empty the database, whatever is in it, and return its address."""
        self.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        return self.address()


def _is_alive(process: str) -> bool:
    """Tell whether a process runs; one that is dead and that nobody has asked about yet does not."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    # Behind the program's name in brackets, which may hold anything.
    return said.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def running(settings: dict[str, str] | None = None) -> Iterator[Server]:
    """Run a server for as long as the block lasts; skip the test where PostgreSQL is not installed."""
    memory = Path("/dev/shm")
    # Not pytest's folder: only root could pass through the ones above it.
    with tempfile.TemporaryDirectory(
        prefix="hedgerow-", dir=memory if memory.is_dir() else None, ignore_cleanup_errors=True
    ) as folder:
        server = Server(Path(folder), settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _programs() -> Path:
    """Return the folder of the newest programs, or give up."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    raise _given_up(
        "expected PostgreSQL's programs on this machine, found none: install postgresql for these tests"
    )


def _as_user(folder: Path) -> list[str]:
    """Return what to put before a command so that it does not run as root, and give the folder away."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
    raise _given_up("expected a user postgres or nobody to run PostgreSQL as, found neither")


def _given_up(why: str) -> BaseException:
    """Return what skips a test that needs a server; under CI=true that would hide a check, so it fails."""
    return pytest.fail.Exception(why) if IN_CI else pytest.skip.Exception(why)
