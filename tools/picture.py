"""Draw what a terminal showed: `script -qec "hedgerow demo" capture` recorded it, this makes docs/demo.svg.

    python tools/picture.py CAPTURE FIRST LAST > docs/demo.svg

FIRST and LAST are the lines to show, from 1. Lines that a spinner wrote over show as they ended.
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

# Erasing, moving and hiding the cursor; colours stay.
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-HJ-Zhl]")
_WIDTH = 100


def main() -> None:
    """Write the picture to standard output."""
    capture, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    shown = [
        line.split("\r")[-1].rstrip()
        for line in _MOVES.sub("", Path(capture).read_bytes().decode()).replace("\r\n", "\n").split("\n")
    ]
    # Braille dots begin the lines of a spinner, whose step shows again when it is done.
    shown = [
        line
        for line in shown
        if "Script " not in line and not re.match("(\x1b\\[[0-9;]*m)*[\u2800-\u28ff]", line)
    ]
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    for line in shown[first - 1 : last]:
        console.print(Text.from_ansi(line))
    drawing = console.export_svg(title="hedgerow demo", unique_id="demo")
    # The reader's own fixed-width font does: a picture that fetches something tells who looks at it.
    sys.stdout.write(re.sub(r"@font-face \{.*?\}", "", drawing, flags=re.DOTALL))


if __name__ == "__main__":
    main()
