"""The laws of the house, read from the code: imports fall, siblings are strangers, engines are pure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = ROOT / "hercules"
STDLIB = sys.stdlib_module_names

# Law 1: a room may import rooms of lower floors only. Rooms of floor 0 stand in this very order.
GROUND = (
    "text",
    "model",
    "events",
    "codec",
    "calling",
    "sensitive",
    "redact",
    "stats",
    "yamlfile",
    "settings",
    "periods",
)
ENGINES = ("logs", "rules", "kb", "answer")
FLOORS = {
    **dict.fromkeys(GROUND, 0),
    **dict.fromkeys(ENGINES, 1),
    **dict.fromkeys(("desks", "sources", "store", "outbound", "folders", "metrics"), 2),
    **dict.fromkeys(("rulebook", "look"), 3),
    "house": 4,
    **dict.fromkeys(("fetching", "keeping", "recording"), 5),
    **dict.fromkeys(("flow", "posting", "library", "backtest", "reports", "reconcile"), 6),
    "wiring": 7,
    **dict.fromkeys(("views", "offline"), 8),
    **dict.fromkeys(("web", "worker", "demo", "demo_history"), 9),
    "cli": 10,
    "__main__": 11,
}
# Rooms whose files may know each other.
OPEN_ROOMS = {*ENGINES, "store", "web", "cli", "outbound", "library"}
# Files of a room of siblings that all of the siblings may import.
SHARED = {
    "desks": {
        "desk",
        "proof",
        "mapper",
        "markup",
        "paths",
        "fields",
        "jsonbody",
        "calls",
        "making",
        "common",
    },
    "sources": {"source", "calls", "files"},
    "reports": {"report", "table"},
}
SAME_FLOOR = {("views", "views"), ("wiring", "wiring")}

THIRD_PARTY: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("model", "events", "codec", "calling", "stats", "house", "periods", "folders"), frozenset[str]()
    ),
    **dict.fromkeys(("text", "sensitive", "redact"), frozenset({"re2"})),
    "yamlfile": frozenset({"yaml"}),
    "settings": frozenset({"pydantic", "pydantic_settings"}),
    "logs": frozenset({"charset_normalizer", "re2"}),
    "rules": frozenset({"hyperscan", "re2", "rapidfuzz"}),
    "kb": frozenset(
        (
            *("whoosh", "tantivy", "rapidfuzz", "re2", "markdown_it", "nh3", "selectolax"),
            *("numpy", "onnxruntime", "tokenizers"),
        )
    ),
    "answer": frozenset({"rapidfuzz", "nh3", "re2"}),
    **dict.fromkeys(
        ("desks", "sources"), frozenset({"httpx", "stamina", "pydantic", "selectolax", "markdown_it"})
    ),
    "outbound": frozenset({"httpx", "httpcore", "stamina"}),
    "demo": frozenset({"httpx"}),
    "demo_history": frozenset(),
    "store": frozenset({"sqlalchemy", "alembic"}),
    "metrics": frozenset({"prometheus_client"}),
    **dict.fromkeys(
        ("rulebook", "look", "fetching", "keeping", "recording", "backtest", "views", "offline"),
        frozenset[str](),
    ),
    **dict.fromkeys(
        ("flow", "posting", "library", "reports", "reconcile", "wiring", "worker"), frozenset({"structlog"})
    ),
    "web": frozenset({"fastapi", "starlette", "uvicorn", "httptools", "jinja2", "structlog"}),
    "cli": frozenset({"typer", "rich"}),
    "__main__": frozenset(),
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def code_files() -> list[Path]:
    return sorted(CODE.rglob("*.py"))


def name_of(path: Path) -> str:
    """`logs.bundle` for hercules/logs/bundle.py, `desks.generic` for a package's own file."""
    parts = path.relative_to(CODE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room_of(name: str) -> str:
    return name.partition(".")[0]


@cache
def modules() -> dict[str, Path]:
    return {name_of(path): path for path in code_files() if name_of(path)}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import, late and type-only ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative imports hide the arrows"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def ours(dotted: str) -> str | None:
    """The module of ours that an imported name lies in, '' for the package itself, None for others'."""
    if dotted.split(".")[0] != "hercules":
        return None
    parts = dotted.split(".")[1:]
    while parts and ".".join(parts) not in modules():
        parts.pop()
    return ".".join(parts)


def arrows() -> Iterator[tuple[str, str, str]]:
    """(place, importing module, imported module) for every import of ours."""
    for name, path in modules().items():
        for line, dotted in imported(path):
            target = ours(dotted)
            if target:
                yield f"{path.relative_to(ROOT)}:{line}", name, target


def falls(source: str, target: str) -> bool:
    here, there = room_of(source), room_of(target)
    if here == there:
        return may_know(source, target)
    low, high = FLOORS[there], FLOORS[here]
    if high == low == 0:
        return GROUND.index(there) < GROUND.index(here)
    if high == low == 1:
        return ENGINES.index(there) < ENGINES.index(here)
    if high == 2 and low == 1:
        return False  # no edge imports an engine
    return low < high


def may_know(source: str, target: str) -> bool:
    """Law 2 within a room: siblings are strangers but for their shared files."""
    room = room_of(source)
    if room in OPEN_ROOMS or source == target:
        return True
    kinds = source.split(".")[1:2], target.split(".")[1:2]
    return kinds[0] == kinds[1] or (bool(kinds[1]) and kinds[1][0] in SHARED.get(room, set()))


def test_every_room_has_a_floor() -> None:
    assert {room_of(name) for name in modules()} <= set(FLOORS)


def test_arrows_fall() -> None:
    wrong = [
        f"{place}: {source} imports {target}"
        for place, source, target in arrows()
        if not falls(source, target)
    ]
    assert wrong == []


def test_no_circles() -> None:
    graph: dict[str, set[str]] = {}
    for _, source, target in arrows():
        graph.setdefault(source, set()).add(target)
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for following in sorted(graph.get(name, ())):
                if following != name:
                    visit(following, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_third_party_packages_stay_in_their_rooms() -> None:
    wrong = []
    for name, path in modules().items():
        allowed = THIRD_PARTY[room_of(name)]
        if name == "logs.unpack":
            allowed = frozenset()
        for line, dotted in imported(path):
            top = dotted.split(".")[0]
            if top not in STDLIB and top not in {"hercules", *allowed}:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {top}")
    assert wrong == []


# Law 3: engines take values and give values.
BANNED = {
    "time.time", "time.sleep", "datetime.now", "datetime.utcnow", "date.today", "os.environ", "os.getenv",
    "socket.socket", "subprocess.run", "subprocess.Popen",
}  # fmt: skip
BANNED_IMPORTS = {"socket", "subprocess", "asyncio", "requests", "urllib.request", "random"}
MAY = {
    "logs.bundle": {"subprocess", "subprocess.Popen"},
    "logs.unpack": {"socket", "os.environ"},
}


def test_engines_do_no_outer_work() -> None:
    wrong = []
    for name, path in modules().items():
        if FLOORS[room_of(name)] > 1 or room_of(name) == "settings":
            continue
        allowed = MAY.get(name, set())
        found = [
            (line, top)
            for line, dotted in imported(path)
            for top in [dotted.split(".")[0]]
            if top in BANNED_IMPORTS
        ]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                dotted = f"{node.value.id}.{node.attr}"
                if dotted in BANNED:
                    found.append((node.lineno, dotted))
        wrong += [f"{path.relative_to(ROOT)}:{line}: {what}" for line, what in found if what not in allowed]
    assert wrong == []


@pytest.mark.parametrize("room", ["rules", "logs", "kb", "answer", "sensitive", "redact", "text"])
def test_no_backtracking_regex_near_customer_text(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for name, path in modules().items()
        if room_of(name) == room
        for line, dotted in imported(path)
        if dotted.split(".")[0] == "re"
    ]
    assert wrong == []


def test_whoosh_query_parser_is_never_used() -> None:
    assert [
        path for path in code_files() for _, dotted in imported(path) if dotted.startswith("whoosh.qparser")
    ] == []


def test_yaml_is_only_read_as_events() -> None:
    loads = re.compile(r"\byaml\.(load|safe_load|full_load|unsafe_load)(_all)?\(")
    assert [path for path in code_files() if loads.search(path.read_text(encoding="utf-8"))] == []


# Law 4: SQL in store/, vendor words in their adapters, customer-facing words in answer/reply.py.
def test_replies_are_only_made_in_one_place() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in code_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Reply"
        and name_of(path) != "answer.reply"
    ]
    assert wrong == []


VENDORS = re.compile(r"zendesk|freshdesk|zammad|chatwoot|servicedesk|osticket|gitlab|intercom", re.IGNORECASE)
VENDORS_MAY = ("wiring", "logs.layouts", "desks.", "sources.")


def test_vendor_words_stay_in_their_adapters() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for name, path in modules().items()
        if not name.startswith(VENDORS_MAY) and VENDORS.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


# Law 5: async stops at the door.
def test_async_only_under_web() -> None:
    wrong = []
    for name, path in modules().items():
        if room_of(name) == "web":
            continue
        wrong += [f"{path}:{line}" for line, dotted in imported(path) if dotted.split(".")[0] == "asyncio"]
        wrong += [
            f"{path}:{node.lineno}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor)
        ]
    assert wrong == []


def test_no_handler_swallows_an_error() -> None:
    """An `except` that only passes must say why; a bare one is never right."""
    wrong = []
    for path in code_files():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                only_pass = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
                if node.type is None or (only_pass and "#" not in lines[node.body[0].lineno - 1]):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


# Modules of extras, with what each needs: they are only imported where that is installed.
EXTRAS = {"kb.semantic": ("numpy", "onnxruntime", "tokenizers"), "kb.backends.tantivy_index": ("tantivy",)}


def test_importing_every_module_opens_nothing() -> None:
    """No thread, socket or file of data at import; twice in one process is fine."""
    names = [
        f"hercules.{name}"
        for name in modules()
        if not name.startswith(("logs.unpack", "store.migrations", "__main__"))
        and all(find_spec(needed) for needed in EXTRAS.get(name, ()))
    ]
    code = (
        "import importlib, threading, socket, sqlite3\n"
        "def no(*a, **k): raise SystemExit('opened at import')\n"
        "socket.socket.connect = no; socket.socket.bind = no; sqlite3.connect = no\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


HEAVY = (
    "fastapi",
    "sqlalchemy",
    "alembic",
    "httpx",
    "whoosh",
    "hyperscan",
    "re2",
    "uvicorn",
    "jinja2",
)  # typer itself looks for pydantic


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["rules", "--help"]])
def test_help_is_quick(words: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hercules", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {
        line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line
    }
    assert loaded & set(HEAVY) == set()


def test_scan_does_without_the_database() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hercules", "scan", str(ROOT / "LICENSE")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not {"sqlalchemy", "fastapi", "httpx"} & {
        line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()
    }


def test_every_table_knows_its_desk() -> None:
    from hercules.store.schema import METADATA

    free = {"alembic_version", "nodes", "users", "tokens", "sessions"}
    for table in METADATA.sorted_tables:
        if table.name in free:
            continue
        assert "desk_id" in table.c, table.name
        assert not table.c.desk_id.nullable, table.name


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock
        assert "index-url" not in text, lock
        pins = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
        assert len(pins) > 20, lock
        assert text.count("--hash=sha256:") >= len(pins), lock


def test_every_dependency_is_used() -> None:
    names = {"google-re2": "re2", "pyyaml": "yaml", "whoosh-reloaded": "whoosh"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[\[>=;<! ]", each)[0] for each in project["dependencies"]}
    used = {dotted.split(".")[0] for path in code_files() for _, dotted in imported(path)}
    assert {
        name for name in asked if names.get(name, name.replace("-", "_").removesuffix("_py")) not in used
    } == set()


def test_docker_files_name_what_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for sources in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for each in sources.split()[:-1]:
            assert (ROOT / each).exists(), each


def test_every_setting_is_used() -> None:
    """A setting that changes nothing is a lie to who sets it."""
    from pydantic import BaseModel

    from hercules.settings import Settings

    code = "\n".join(path.read_text(encoding="utf-8") for path in code_files())
    unused = []
    for name, part in Settings.model_fields.items():
        kind = part.annotation
        fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        unused += [f"{name}.{field}" for field in fields if not re.search(rf"\.{field}\b", code)]
    assert unused == []


def test_the_readme_names_every_command_desk_kind_and_report() -> None:
    from typer.main import get_command

    from hercules.cli.main import app
    from hercules.wiring import DESKS, REPORTS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group, typed as a command
    for name, command in commands.items():
        assert f"`hercules {name}" in readme, name
        for verb in getattr(command, "commands", {}):
            assert f"`{verb}`" in readme or f"{name} {verb}" in readme, f"{name} {verb}"
    for name in (*DESKS, *REPORTS):
        assert f"`{name}`" in readme, name
