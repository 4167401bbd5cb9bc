"""The tree keeps the rules of the house, and each rule notices when it is broken."""

import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from tests import house_rules

ROOT = Path(__file__).resolve().parent.parent

Rule = Callable[[Path], Iterator[str]]

RULES: tuple[Rule, ...] = (
    house_rules.too_long,
    house_rules.empty_names,
    house_rules.impure,
    house_rules.automerge_leaks,
    house_rules.undocumented,
    house_rules.unowned,
    house_rules.machine_bound,
)

# One line each: the rule, the file a breach is planted in, the breach, and the words that must report it.
# "§" falls out when planting: it keeps the rules from finding the breach in this very file.
PLANTED: tuple[tuple[Rule, str, str, str], ...] = (
    (house_rules.too_long, "node/long.py", "\n" * 351, "expected at most 350 lines, found 351"),
    (
        house_rules.too_long,
        "tests/sim/links.py",
        "def send():\n" + "    x = 1\n" * 60,
        "send: expected at most 60",
    ),
    (house_rules.empty_names, "node/net/utils.py", "", "utils says nothing"),
    (house_rules.empty_names, "node/common/ids.py", "", "common says nothing"),
    (house_rules.empty_names, "node/peer_helpers.py", "", "peer_helpers says nothing"),
    (house_rules.empty_names, "node/peers.py", "class PeerManager: ...", "PeerManager says nothing"),
    (
        house_rules.impure,
        "node/engine/a.py",
        "from datetime import datetime as d\nd.now()",
        "datetime.datetime.now",
    ),
    (house_rules.impure, "node/engine/a.py", "import datetime\ndatetime.date.today()", "datetime.date.today"),
    (
        house_rules.impure,
        "node/crdt/a.py",
        "def f():\n    from time import monotonic",
        "the core imports time",
    ),
    (house_rules.impure, "node/feeds/a.py", "import uuid\nuuid.uuid4()", "the core calls uuid.uuid4"),
    (
        house_rules.impure,
        "node/ids.py",
        "from uuid import uuid4 as fresh\nfresh()",
        "the core calls uuid.uuid4",
    ),
    (house_rules.impure, "node/records/a.py", "print(hash('a'))", "the core calls hash"),
    (house_rules.impure, "node/governance/__init__.py", "import random", "the core imports random"),
    (house_rules.impure, "node/identity/a.py", "import os.path as p", "the core imports os"),
    (
        house_rules.impure,
        "node/directory/a.py",
        "from urllib import request",
        "the core imports urllib.request",
    ),
    (house_rules.impure, "node/replication/a.py", "async def f(): ...", "the core is asynchronous"),
    (
        house_rules.impure,
        "node/keys.py",
        "from nacl.signing import SigningKey\nSigningKey.generate()",
        "generate",
    ),
    (house_rules.automerge_leaks, "node/storage/a.py", "from automerge import core", "imports automerge"),
    (house_rules.automerge_leaks, "node/crdt/schema.py", "import automerge.core", "imports automerge"),
    (house_rules.automerge_leaks, "node/a.py", "try: ...\nexcept (OSError, BaseException): ...", "catches"),
    (house_rules.automerge_leaks, "node/a.py", "try: ...\nexcept: ...", "catches BaseException"),
    (
        house_rules.automerge_leaks,
        "node/a.py",
        "async def f(x):\n    match x:\n        case 1:\n            try: ...\n            except: ...",
        "a.py:5: only",
    ),
    (house_rules.undocumented, "node/a.py", "x = 1", "the module has no docstring"),
    (house_rules.undocumented, "node/a.py", '"""A."""\nclass Peer: ...', "Peer has no docstring"),
    (house_rules.undocumented, "node/a.py", '"""A."""\ndef dial(): ...', "dial has no docstring"),
    (
        house_rules.undocumented,
        "node/a.py",
        '"""A."""\nclass Peer:\n    """A."""\n    def dial(self): ...',
        "Peer.dial has no docstring",
    ),
    (house_rules.unowned, "node/a.py", "x = 1  # TODO: finish", "an owner and an issue"),
    (house_rules.unowned, "node/a.py", "x = 1\n\n# TODO finish\n", "a.py:3: expected an owner and an issue"),
    (house_rules.unowned, ".ci/run", "# FIXME(ada): finish", "an owner and an issue"),
    (house_rules.machine_bound, "docs/a.md", "See /§root/notes.", "names a folder of some machine"),
    (house_rules.machine_bound, "Makefile", "cd /§home/ada/src", "names a folder of some machine"),
    (house_rules.machine_bound, "requirements.lock", "--extra-§index-url there", "names a package index"),
    (house_rules.machine_bound, "README.md", "https://pypi.§org/simple", "names a package index"),
)

# What looks like a breach and is none.
ALLOWED: tuple[tuple[Rule, str, str], ...] = (
    (house_rules.too_long, "node/fits.py", "\n" * 350),
    (house_rules.empty_names, "node/base32.py", "class Commons: ..."),
    (house_rules.impure, "node/storage/a.py", "import os, time\ntime.time()\nasync def f(): ..."),
    (
        house_rules.impure,
        "node/engine/a.py",
        "def handle(self, now): return (now, self.now, inputs.now, self.hash())",
    ),
    (
        house_rules.impure,
        "node/directory/a.py",
        "from urllib.parse import urlsplit\nfrom datetime import date",
    ),
    (
        house_rules.automerge_leaks,
        "node/crdt/document.py",
        "import automerge\ntry: ...\nexcept BaseException: ...",
    ),
    (house_rules.undocumented, "node/a.py", '"""A."""\ndef _inner(): ...\nclass _Row: ...'),
    (house_rules.unowned, "node/a.py", "# TODO(ada, #12): finish"),
    (house_rules.unowned, "node/a.py", "# People may write TODO here.\nx = 'TODO: a text'"),
    (
        house_rules.machine_bound,
        "docs/a.md",
        "https://example.org/home/feed and ~/notes and /var/lib/hedgerow",
    ),
)


def planted_tree(folder: Path, path: str, text: str) -> Path:
    """Write one file into a tree of its own and return the tree."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text.replace("§", ""), encoding="utf-8")
    return folder


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_this_tree_keeps_the_rule(rule: Rule) -> None:
    """Nothing in this tree breaks a rule of the house."""
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize(("rule", "path", "text", "report"), PLANTED)
def test_a_planted_breach_is_reported(rule: Rule, path: str, text: str, report: str, tmp_path: Path) -> None:
    """Each rule reports a breach of it, by file and reason, so no rule is one that cannot fail."""
    (found,) = set(rule(planted_tree(tmp_path, path, text)))
    assert found.startswith(path)
    assert report in found


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_what_is_no_breach_passes(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    """No rule reports what it is not about, so nobody learns to work around it."""
    assert list(rule(planted_tree(tmp_path, path, text))) == []


def test_every_rule_has_a_planted_breach() -> None:
    """A rule added without a breach that it reports would be one that cannot fail."""
    assert {rule for rule, *_ in PLANTED} == set(RULES)


def test_both_lists_of_the_core_say_the_same() -> None:
    """The import contract and the reading of the source judge the same modules by the same list."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [each for each in config["tool"]["importlinter"]["contracts"] if each["id"] == "core"]
    sources = {name.removeprefix("node.").removesuffix(".**") for name in contract["source_modules"]}
    assert sources == set(house_rules.CORE)
    # The contract sees an outside package as a whole and cannot tell urllib.request from urllib.parse.
    assert set(contract["forbidden_modules"]) == set(house_rules.IMPURE_MODULES) - {"urllib.request"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts on the tree in a folder."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    options = ["--config", str(folder / "pyproject.toml"), "--no-cache", "--no-logo"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)


def test_imports_keep_the_contracts() -> None:
    """Imports point down the layers, the core does no I/O, and only node.crdt.document knows automerge."""
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


ROOMS = ("", "bundles", "deciding", "ports", "replicas", "rolls", "sessions", "witnessing")
HANDLERS = ("", "bodies", "directory", "federation", "home", "neighbours", "questions")


def test_planted_imports_break_each_contract(tmp_path: Path) -> None:
    """Imports upwards or sideways, a room in no layer, I/O in the core, automerge twice: all are reported."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("keys", "canonical", "ids", "clock", "limits", "errors"):
        planted_tree(tmp_path, f"node/{name}.py", "")
    rooms = [f"engine/{name}" for name in ROOMS]
    rooms += [f"engine/handlers/{name}" for name in HANDLERS]
    for name in (".", "crdt", "federation", "governance", "storage", *rooms):
        planted_tree(tmp_path, f"node/{name}/__init__.py", "")
    planted_tree(tmp_path, "node/engine/handlers/stated.py", "")
    planted_tree(tmp_path, "node/ids.py", "import node.keys")
    planted_tree(tmp_path, "node/governance/tally.py", "import node.federation\nimport time")
    planted_tree(tmp_path, "node/storage/rows.py", "import automerge")
    planted_tree(tmp_path, "node/crdt/document.py", "import automerge")
    planted_tree(tmp_path, "node/extras.py", "")
    planted_tree(tmp_path, "node/engine/rolls/held.py", "import node.engine.witnessing")
    planted_tree(tmp_path, "node/engine/replicas/kept.py", "import node.engine.sessions")
    planted_tree(tmp_path, "node/engine/handlers/bodies/places.py", "import node.engine.handlers.questions")
    report = lint_imports(tmp_path).stdout
    assert "Contracts: 0 kept, 5 broken." in report
    for breach in (
        "node.ids -> node.keys",
        "node.governance.tally -> node.federation",
        "- node.extras",
        "node.engine.rolls.held -> node.engine.witnessing",
        "node.engine.replicas.kept -> node.engine.sessions",
        "node.engine.handlers.bodies.places -> node.engine.handlers.questions",
        "node.governance.tally -> time",
        "node.storage.rows -> automerge",
    ):
        assert breach in report
    assert "node.crdt.document -> automerge" not in report


def test_tests_reach_no_other_machine() -> None:
    """A test that dials beyond loopback fails before a packet leaves (192.0.2.1 is nobody's, RFC 5737)."""
    # Warnings are errors here, and pytest-socket warns before it raises.
    with socket.socket() as dialler, pytest.raises((SocketConnectBlockedError, UserWarning)):
        dialler.connect(("192.0.2.1", 9))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_tests_reach_this_machine(address: str) -> None:
    """Loopback, in both versions of IP, stays open to tests."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener, socket.socket(family) as dialler:
        dialler.connect(listener.getsockname())


def test_tests_reach_unix_sockets(tmp_path: Path) -> None:
    """A node's control socket, a Unix socket, stays open to tests."""
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as dialler:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen()
        dialler.connect(str(tmp_path / "control.sock"))
