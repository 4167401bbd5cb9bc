"""The rules of the house that no linter knows, each a function from a tree to what breaks it.

They read source text and syntax trees and import nothing of the project, so that they also judge a planted
tree. tests/test_architecture.py runs each on this tree and on one that breaks it.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES_MAX = 350
FUNCTION_LINES_MAX = 60

# These compute only: no input or output, no clock, no randomness, no tasks (house style, section 1).
CORE = (
    "canonical", "circles", "clock", "crdt", "directory", "engine", "errors", "federation", "feeds",
    "governance", "identity", "ids", "keys", "limits", "records", "replication",
)  # fmt: skip
IMPURE_MODULES = (
    "aiohttp", "asyncio", "concurrent", "http", "logging", "multiprocessing", "os", "pathlib", "random",
    "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "ssl",
    "structlog", "subprocess", "tempfile", "threading", "time", "urllib.request",
)  # fmt: skip
# A name that hides what a room is for, as a word of a module's or class's name.
EMPTY_WORDS = frozenset({"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"})
AUTOMERGE_MODULE = Path("node/crdt/document.py")

# Calls that read a clock or draw at random, although their module has honest uses too.
_IMPURE_CALL = re.compile(
    r"datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today|uuid\.uuid[14]|hash"
    r"|nacl\.utils\.random|nacl\.bindings\.(randombytes|crypto_(sign|box|kx)_keypair)"
    r"|(nacl|cryptography)\..*\.generate(_key|_private_key)?"
)
# Where some machine keeps its files; what a reader has is the checkout and ~.
_MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9])/(?:work|root|farm|home|Users)/[A-Za-z0-9_.-]")
# Where packages come from is the business of each machine's own configuration.
_PACKAGE_INDEX = re.compile(
    r"pypi\.(?:org|python\.org)|pythonhosted\.org|--(?:extra-index|index|find)-(?:url|links)"
)
# A mark opens a comment or has a colon or bracket after it; a comment may speak about such marks.
_UNFINISHED_WORD = re.compile(r"TODO|FIXME|XXX|HACK")
_UNFINISHED = re.compile(r"^\W*(?:TODO|FIXME|XXX|HACK)\b|\b(?:TODO|FIXME|XXX|HACK)[:(]")
_OWNED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\([a-z][\w.-]*, #[0-9]+\): \S")
_COMMENTED_SUFFIXES = frozenset({".py", ".sh", ".toml", ".cfg", ".yml", ".yaml", ".js", ".css", ".html"})


def files(root: Path) -> Iterator[Path]:
    """Yield the tree's files, relative to it: those git knows or would add, or all when git is not used."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = [Path(name) for name in listed.split("\0") if name]
    else:
        made = re.compile(r"(^|/)(\.venv|\.hypothesis|\.\w+_cache|__pycache__)(/|$)")
        everything = (path.relative_to(root) for path in root.rglob("*"))
        found = [path for path in everything if not made.search(path.as_posix())]
    yield from sorted(path for path in found if (root / path).is_file())


def modules(root: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each Python file below the named folders with its syntax tree."""
    for path in files(root):
        if path.suffix == ".py" and path.parts[0] in folders:
            yield path, ast.parse((root / path).read_text(encoding="utf-8"), str(path))


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield each statement, handler and case of a tree: a tenth of the nodes that `ast.walk` goes through."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for inner in ("body", "handlers", "orelse", "finalbody", "cases"):
            found = getattr(node, inner, ())
            waiting += found if isinstance(found, list) else ()


def too_long(root: Path) -> Iterator[str]:
    """Name modules and functions that do not fit into a head or on a screen."""
    for path, tree in modules(root, "node", "tests", "tools", "bench"):
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        # A test module is a list of claims, read one at a time: only its functions have a limit.
        if lines > MODULE_LINES_MAX and not path.name.startswith("test_"):
            yield f"{path}: expected at most {MODULE_LINES_MAX} lines, found {lines}"
        for node in statements(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    where = f"{path}:{node.lineno}: {node.name}"
                    yield f"{where}: expected at most {FUNCTION_LINES_MAX} lines, found {lines}"


def empty_names(root: Path) -> Iterator[str]:
    """Name modules, packages and classes that are called by no word of the domain."""
    for path, tree in modules(root, "node", "tests", "tools", "bench"):
        for part in (*path.parts[1:-1], path.stem):
            if EMPTY_WORDS & set(part.split("_")):
                yield f"{path}: {part} says nothing about what it holds"
        for node in statements(tree):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", node.name)}
                if EMPTY_WORDS & words:
                    yield f"{path}:{node.lineno}: {node.name} says nothing about what it does"


def impure(root: Path) -> Iterator[str]:
    """Name what the core must not do: input and output, clocks, randomness, tasks, seeded hashes."""
    for path, tree in modules(root, "node"):
        if path.with_suffix("").parts[1] not in CORE:
            continue
        origins = _origins(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for module in sorted(_imported(node) & set(IMPURE_MODULES)):
                    yield f"{path}:{node.lineno}: the core imports {module}"
            if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
                yield f"{path}:{node.lineno}: the core is asynchronous"
            if isinstance(node, ast.Call):
                called = _dotted(node.func, origins)
                if _IMPURE_CALL.fullmatch(called):
                    yield f"{path}:{node.lineno}: the core calls {called}"


def automerge_leaks(root: Path) -> Iterator[str]:
    """Name importers of automerge, and catchers of BaseException, beyond the one module that may be both.

    A panic of the extension is a BaseException; whoever else catches it swallows Ctrl-C.
    """
    for path, tree in modules(root, "node"):
        if path == AUTOMERGE_MODULE:
            continue
        for node in statements(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and "automerge" in _imported(node):
                yield f"{path}:{node.lineno}: only {AUTOMERGE_MODULE} imports automerge"
            if isinstance(node, ast.ExceptHandler):
                caught = {"BaseException"} if node.type is None else _names(node.type)
                if "BaseException" in caught:
                    yield f"{path}:{node.lineno}: only {AUTOMERGE_MODULE} catches BaseException"


def undocumented(root: Path) -> Iterator[str]:
    """Name modules and public classes, functions and methods without a docstring."""
    for path, tree in modules(root, "node"):
        if ast.get_docstring(tree) is None:
            yield f"{path}: the module has no docstring"
        yield from (f"{path}:{line}: {name} has no docstring" for line, name in _silent(tree, ""))


def unowned(root: Path) -> Iterator[str]:
    """Name comments that call something unfinished without an owner and an issue: `TODO(name, #12): what`."""
    for path in files(root):
        if not _UNFINISHED_WORD.search(_text(root / path)):
            continue  # Most files, which need not be cut into words.
        for line, comment in _comments(root, path):
            if _UNFINISHED.search(comment) and not _OWNED.search(comment):
                yield f"{path}:{line}: expected an owner and an issue, found {comment.strip()!r}"


def machine_bound(root: Path) -> Iterator[str]:
    """Name lines that speak of one machine's folders or of a package index."""
    for path in files(root):
        for number, line in enumerate(_text(root / path).splitlines(), start=1):
            if _MACHINE_PATH.search(line):
                yield f"{path}:{number}: names a folder of some machine"
            if _PACKAGE_INDEX.search(line):
                yield f"{path}:{number}: names a package index"


def _origins(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, so that an alias hides nothing."""
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origins |= {name.asname: name.name for name in node.names if name.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            origins |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return origins


def _dotted(node: ast.expr, origins: dict[str, str]) -> str:
    """Return the full name of what an expression such as `d.datetime.now` names, or an empty string."""
    if isinstance(node, ast.Name):
        return origins.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, origins)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return what a statement imports: modules, and the packages around them."""
    if isinstance(node, ast.Import):
        named = [name.name for name in node.names]
    elif node.module and not node.level:
        named = [f"{node.module}.{name.name}" for name in node.names]
    else:
        named = []
    parts = [name.split(".") for name in named]
    return {".".join(words[:length]) for words in parts for length in range(1, len(words) + 1)}


def _names(node: ast.expr) -> set[str]:
    """Return the last parts of all names in an `except` clause."""
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def _silent(tree: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each public definition without a docstring, methods included."""
    for node in tree.body:
        if not isinstance(
            node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) or node.name.startswith("_"):
            continue
        # A setter and an overload are told by the getter's and the implementation's docstring.
        told_elsewhere = any(
            (isinstance(each, ast.Attribute) and each.attr == "setter") or "overload" in _names(each)
            for each in node.decorator_list
        )
        if ast.get_docstring(node) is None and not told_elsewhere:
            yield node.lineno, f"{prefix}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _silent(node, f"{prefix}{node.name}.")


def _comments(root: Path, path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments of a source file; of other languages than Python the lines with a comment mark."""
    text = _text(root / path)
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        yield from ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
    elif path.suffix in _COMMENTED_SUFFIXES or path.name in {"Makefile", "run"}:
        marked = re.compile(r"(?:#|//|/\*|<!--).*")
        for number, line in enumerate(text.splitlines(), start=1):
            if match := marked.search(line):
                yield number, match.group()


def _text(path: Path) -> str:
    """Return a file's text, or nothing when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
