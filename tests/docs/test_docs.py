"""The documents tell of everything there is, lead somewhere, and their examples run."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command

from tests import house_rules
from tests.docs import coverage, markdown, transcripts

ROOT = coverage.ROOT
PAGES = [path for path in house_rules.files(ROOT) if path.suffix == ".md"]


def planted_program() -> typer.Typer:
    """Return a program with one command in a group, with two options, and a hidden command."""
    program, offers = typer.Typer(), typer.Typer()
    program.add_typer(offers, name="offer")

    @offers.command("add")
    def add(title: str, *, kind: str = "thing", count: int = 1) -> None:
        """Do nothing."""

    @program.command("inner", hidden=True)
    def inner() -> None:
        """Do nothing."""

    return program


def complaints_about(page: str) -> list[str]:
    """Return what the page fails to tell about the planted program."""
    return list(coverage.undocumented_commands(get_command(planted_program()), [page]))


def test_every_command_and_option_is_documented() -> None:
    """Each command has a heading in docs/cli, and its section names each of its options."""
    program = coverage.program()
    pages = [coverage.page_text(str(path)) for path in coverage.command_pages() if path.name != "README.md"]
    assert program is None or list(coverage.undocumented_commands(program, pages)) == []


def test_every_wire_message_is_documented() -> None:
    """Each message that nodes exchange has a heading in docs/protocol.md."""
    page = coverage.page_text(coverage.MESSAGES_PAGE)
    assert list(coverage.untitled(coverage.message_names(), page, coverage.MESSAGES_PAGE)) == []


def test_every_setting_is_documented() -> None:
    """Each setting has a heading in docs/configuration.md."""
    page = coverage.page_text(coverage.SETTINGS_PAGE)
    assert list(coverage.untitled(coverage.setting_names(), page, coverage.SETTINGS_PAGE)) == []


def test_a_finished_tree_leaves_none_of_these_checks_idle() -> None:
    """Once there is a command line there are commands and messages, so a renamed module cannot hide them."""
    if coverage.exists(coverage.COMMANDS_MODULE):
        program = coverage.program()
        assert program is not None
        assert list(coverage.commands(program, "hedgerow"))
        assert coverage.message_names()


def test_an_undocumented_command_or_option_is_reported() -> None:
    """A missing heading and a missing option are each reported; hidden commands are nobody's business."""
    assert complaints_about("# Offers") == ["docs/cli: expected a heading `hedgerow offer add`"]
    assert complaints_about("## `hedgerow offer add`\n\nTakes `--kind`.\n\n## Other\n\n`--count`") == [
        "docs/cli: expected `--count` under the heading `hedgerow offer add`"
    ]


def test_a_documented_command_passes() -> None:
    """An option may be told in the command's section, subsections included, or once for all commands."""
    own = "## `hedgerow offer add`\n\n### Options\n\n`--kind KIND`\n\n"
    assert complaints_about(own + "## Options of every command\n\n`--count`") == []


def test_an_untitled_message_is_reported() -> None:
    """A word in the text is not a heading."""
    page = "# Messages\n\n## 4.1 `Want`\n\nAnswered by Entries."
    assert list(coverage.untitled(["Entries", "Want"], page, "p.md")) == [
        "p.md: expected a heading with the word Entries"
    ]


def test_links_lead_somewhere() -> None:
    """Every relative link in every page leads to a file, and its anchor to a heading."""
    assert list(markdown.broken_links(ROOT, PAGES)) == []


def test_broken_links_are_reported(tmp_path: Path) -> None:
    """A missing file, heading or picture is reported; links inside code and to other sites are not."""
    page = """# One `two`: three!

# Same

# Same

[a](#one-two-three) [b](b.md#here) [c](https://example.org/x) [s](#same-1)
[d](missing.md) [e](b.md#there) ![f](missing.png)
[g][ref] `[h](gone.md)`

[ref]: gone.md
"""
    (tmp_path / "a.md").write_text(page, encoding="utf-8")
    (tmp_path / "b.md").write_text("## Here\n", encoding="utf-8")
    assert list(markdown.broken_links(tmp_path, [Path("a.md")])) == [
        "a.md: missing.md leads nowhere",
        "a.md: b.md#there names no heading",
        "a.md: missing.png leads nowhere",
        "a.md: gone.md leads nowhere",
    ]


@pytest.mark.e2e
@pytest.mark.timeout(transcripts.PAGE_SECONDS_MAX + 60)
@pytest.mark.long
@pytest.mark.parametrize("page", coverage.command_pages(), ids=str)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    """What a page shows as typed and printed happens so in an empty home folder."""
    assert transcripts.run_page(coverage.page_text(str(page)), root=ROOT, folder=tmp_path) == []


def test_a_transcript_that_holds_passes(tmp_path: Path) -> None:
    """Commands share one shell; output may be left out or loosened with dots; an exit code may be named."""
    page = r"""
```console
$ cd ~ && place=field
$ echo one && echo two && \
> echo three
one
...
$ printf hedge
h...e
$ sleep 60 &
$ ls missing
...
[2]
```

Then:

```console
$ echo $place; pwd
field
.../home
```

```sh
exit 1
```
"""
    assert transcripts.run_page(page, root=ROOT, folder=tmp_path) == []


@pytest.mark.parametrize(
    ("block", "report"),
    [
        ("$ echo one\ntwo", "expected it to print:\ntwo; it printed:\none"),
        ("$ echo one\none\n[1]", "expected exit code 1, found 0"),
        ("$ false", "expected exit code 0, found 1"),
        ("$ exit 0", "the shell ended"),
        ("$ printf 'one\\ntwo\\n'\none", "expected it to print:\none"),
    ],
)
def test_a_transcript_that_does_not_hold_is_reported(block: str, report: str, tmp_path: Path) -> None:
    """Other output, more output, another exit code and a shell that ends early are each reported."""
    (complaint,) = transcripts.run_page(f"```console\n{block}\n```\n", root=ROOT, folder=tmp_path)
    assert report in complaint
