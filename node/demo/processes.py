"""One node of the demo: a process and a data folder of its own, asked through its control socket."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from node.errors import StorageError, StoreUnavailableError
from node.runtime import client
from node.storage.files.folder import DataFolder

# A small machine under load takes seconds to bring up Python; a minute is a machine that hangs.
START_S_MAX: Final = 60.0
STOP_S_MAX: Final = 10.0
_POLL_S: Final = 0.02
_GONE_S_MAX: Final = 1.0
_LOG_LINES_SHOWN: Final = 12
_LOG_BYTES_READ_MAX: Final = 64 * 1024
# This interpreter and this very package, whatever is installed.
PROGRAM: Final = (sys.executable, "-m", "node")
_ANY_PORT: Final = "127.0.0.1:0"


class NodeProcess:
    """A node's process, from `init` to its end.

    Args:
        name: of its community, for people.
        folder: its data folder; does not exist yet. Beside it a file takes what the process says.
        check: called now and then while it is waited for; raises when nobody wants the answer any more.
        program: how `hedgerow` is started.
    """

    def __init__(
        self, *, name: str, folder: Path, check: Callable[[], None], program: Sequence[str] = PROGRAM
    ) -> None:
        self.name = name
        self.folder = DataFolder(folder)
        self.log = folder.with_name(f"{folder.name}.log")
        self._check = check
        self._program = tuple(program)
        self.community = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Tell whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def address(self) -> str:
        """Return where its neighbours reach it.

        Raises:
            StoreUnavailableError: it does not listen.
        """
        known = self._listening()
        if known is None or not known["addresses"]:
            self._fail("it does not listen")
        return str(known["addresses"][0])

    @property
    def pages(self) -> str:
        """Return where its steward's own pages are, "" when nobody is to see them or it does not listen."""
        known = self._listening()
        return str(known["operator"] or "") if known is not None else ""

    def begin_init(self) -> None:
        """Start `hedgerow init`, which makes folder and keys; `end_init` waits for it."""
        self._start("init", "--json")

    def end_init(self) -> None:
        """Wait until `init` is done.

        Raises:
            StoreUnavailableError: it failed.
        """
        assert self._process is not None
        until = time.monotonic() + START_S_MAX
        while self.running:
            self._pause(until, "`hedgerow init` did not end")
        if self._process.returncode != 0:
            self._fail(f"`hedgerow init` ended with {self._process.returncode}")

    def begin_serve(self) -> None:
        """Start the node; `end_serve` waits until it can be asked."""
        self._start("serve", "--listen", _ANY_PORT)

    def end_serve(self) -> None:
        """Wait until the node listens and answers.

        Raises:
            StoreUnavailableError: it ended, or took too long.
        """
        until = time.monotonic() + START_S_MAX
        while self._listening() is None:
            if not self.running:
                self._fail("it ended while it started")
            self._pause(until, "it did not listen")
        self.community = str(self.ask("show-node")["community"])

    def ask(self, command: str, /, **fields: Any) -> dict[str, Any]:
        """Give the running node a command and return its answer.

        Raises:
            NodeError: what the node answered instead.
            StoreUnavailableError: it does not run: the demo never opens a folder itself.
        """
        self._check()
        if not self.running:
            self._fail("it does not run any more")
        try:
            return client.ask_running(self.folder, {"command": command, **fields})
        except StorageError as error:
            if self._ended():
                self._fail(f"it ended in the middle of {command!r}")
            raise StoreUnavailableError(f"the node of {self.name}: {error}") from error

    def kill(self) -> None:
        """End the process as a power cut would, with no time to tidy up."""
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait()

    def begin_stop(self) -> None:
        """Ask the process to end."""
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGTERM)

    def end_stop(self) -> None:
        """Wait for its end, and make it end when it takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> list[str]:
        """Return the last lines of its log."""
        try:
            with self.log.open("rb") as handle:
                handle.seek(max(0, self.log.stat().st_size - _LOG_BYTES_READ_MAX))
                lines = handle.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        return list(deque(lines, _LOG_LINES_SHOWN))

    def _listening(self) -> dict[str, Any] | None:
        """Return where this very process listens; a killed one leaves behind where it did."""
        known = self.folder.read_address()
        mine = self._process is not None and known is not None and known.get("process") == self._process.pid
        return known if mine else None

    def _start(self, *arguments: str) -> None:
        assert not self.running
        command = [*self._program, "--data", str(self.folder.path), *arguments]
        # The nodes are quiet about themselves whatever the caller's settings say.
        settings = {k: v for k, v in os.environ.items() if not k.startswith("HEDGEROW_")}
        # The package is found from wherever the demo was started, in a checkout that is not installed too.
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, settings["PYTHONPATH"]] if settings.get("PYTHONPATH") else [root]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and words)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=settings | {"PYTHONPATH": os.pathsep.join(paths)},
                # Ctrl-C goes to the demo alone, which then stops its nodes in order.
                start_new_session=True,
            )

    def _ended(self) -> bool:
        """Tell whether the process ends: its sockets close a moment before it can be waited for."""
        assert self._process is not None
        try:
            self._process.wait(_GONE_S_MAX)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _pause(self, until: float, what: str) -> None:
        self._check()
        if time.monotonic() > until:
            self._fail(f"{what} within {START_S_MAX:g} s")
        time.sleep(_POLL_S)

    def _fail(self, reason: str) -> NoReturn:
        raise StoreUnavailableError(f"the node of {self.name}: {reason}")
