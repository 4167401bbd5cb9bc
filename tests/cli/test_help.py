import importlib.util
import subprocess
import sys
from collections.abc import Iterator

import pytest

from node.cli import lazy
from tests.cli.conftest import Hedgerow


def leaves() -> Iterator[tuple[str, ...]]:
    """Yield the words of each command; one whose module is still to be built has no help yet."""
    for name, entry in lazy.TABLE.items():
        if importlib.util.find_spec(entry.module) is None:
            continue
        yield from _below((name,), lazy.load(name, entry))


def _below(words: tuple[str, ...], command: object) -> Iterator[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words
        return
    for name, each in inner.items():
        yield from _below((*words, name), each)


LEAVES = list(leaves())


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_an_example_of_itself(words: tuple[str, ...], hedgerow: Hedgerow) -> None:
    """Each command's help ends with a line to copy, and that line calls this very command."""
    ran = hedgerow(*words, "--help")
    assert ran.code == 0
    assert f"Example: hedgerow {' '.join(words)}" in " ".join(ran.out.split())
    assert ran.err == ""


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_takes_the_shared_options_after_its_name(
    words: tuple[str, ...], hedgerow: Hedgerow
) -> None:
    """--json and --data are options of every command, so scripts need not know where to put them."""
    shown = hedgerow(*words, "--help").out
    assert "--json" in shown
    assert "--data FOLDER" in shown


def test_the_commands_of_the_first_release_are_all_there() -> None:
    """What the issue names can be typed."""
    named = {" ".join(words) for words in LEAVES}
    assert named >= {
        "init", "serve", "key new", "key show", "charter show", "charter device add", "charter device retire",
        "federation found", "federation invite", "federation join", "federation approve", "federation list",
        "peer add", "peer remove", "peer list", "peer status", "profile edit", "profile show", "offer add",
        "offer list", "offer withdraw", "attest", "roll show", "mandate grant", "mandate list",
        "proposal open", "proposal list", "vote", "result", "count", "apportion", "import", "search",
        "export", "log", "rebuild", "doctor",
    }  # fmt: skip


def test_the_list_of_commands_says_the_same_as_their_own_help(hedgerow: Hedgerow) -> None:
    """The root's help names every command of the table, each with its summary."""
    shown = hedgerow("--help").out
    for name, entry in lazy.TABLE.items():
        assert name in shown
        assert entry.summary in shown


def test_no_list_of_commands_cuts_a_sentence(hedgerow: Hedgerow, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns, which a wider window does not add to, each command of a group has its whole sentence."""
    monkeypatch.setenv("COLUMNS", "80")
    groups = {words[:end] for words in LEAVES for end in range(1, len(words))}
    assert ("charter", "device") in groups
    for words in sorted(groups):
        _, _, listed = hedgerow(*words, "--help").out.partition("Commands:")
        cut = [line for line in listed.splitlines() if line.endswith("...")]
        assert listed
        assert cut == [], " ".join(words)


def test_help_imports_neither_the_core_nor_the_counting_code() -> None:
    """Asking for help, or naming a wrong command, loads no command's module, for it shall be quick."""
    program = (
        "import sys\nfrom node.cli import main\nmain.run(['--help'])\nmain.run(['gardn'])\n"
        "heavy = [m for m in sys.modules if m.startswith(('node.engine', 'node.governance', 'rich.',"
        " 'aiohttp', 'sqlalchemy', 'automerge'))]\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_asking_a_running_node_imports_no_core() -> None:
    """The module through which commands ask loads no engine, no store and no web framework."""
    program = (
        "import sys\nimport node.cli.offers\n"
        "heavy = [m for m in sys.modules if m.startswith(('node.engine', 'node.governance', 'aiohttp',"
        " 'sqlalchemy', 'automerge'))]\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_the_version_is_printed_for_people_and_programs(hedgerow: Hedgerow) -> None:
    """`hedgerow --version` prints the version alone, with --json as an object."""
    version = hedgerow("--version").out.strip()
    assert hedgerow("--json", "--version").json == {"version": version}
