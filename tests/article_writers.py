"""A process that is killed: eight writers change articles, eight readers search, all at once.

Run with a data folder. Each line it prints is a fact. At the start, of each article: `holds ANIMAL EDITION`
(0: there is none) and whether a search finds it, `True` or `False`; then `ready`. After that, until it is
killed: `committed ANIMAL EDITION`, `removed ANIMAL`, or `failed WHO: why`.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from hercules import library
from hercules.house import House
from hercules.kb.box import box_query, read_box
from hercules.kb.query import QueryOptions
from hercules.settings import load_settings
from hercules.sources.folder import FolderSource
from hercules.store import articles
from hercules.wiring import build

WRITERS = READERS = 8
MADE_UP = "walrus otter heron badger lynx marten stoat vole".split()


def page(number: int, animal: str) -> str:
    """An article about an animal, in its edition of this number."""
    return f"---\nid: {animal}\ntitle: The {animal}\n---\n\nEdition{number} tells how the {animal} lives.\n"


def told(line: str) -> None:
    """One line at a time, whole."""
    with LOUD:
        print(line, flush=True)


def write(house: House, root: Path, animal: str, first: int) -> None:
    """Change an article again and again, now and then away and back, each time up to the index."""
    file = root / animal / f"{animal}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    source = FolderSource(file.parent, f"zoo-{animal}")
    dice = random.Random()
    for number in range(first, first + 100_000):
        gone = number % 5 == 4
        file.unlink(missing_ok=True) if gone else file.write_text(page(number, animal))
        library.pull(house, source)
        told(f"removed {animal}" if gone else f"committed {animal} {number}")
        if dice.random() < 0.5:
            library.sync(house)


def hold(house: House, animal: str) -> None:
    """Tell what base and index hold of an article."""
    with house.db.read() as conn:
        article = articles.by_key(conn, frozenset({"*"}), animal)
    words = article.body.split() if article else ["Edition0"]
    (edition,) = (word.removeprefix("Edition") for word in words if word.startswith("Edition"))
    query = box_query(read_box(f'"{animal} lives"'), house.index.words, QueryOptions())
    hits = [hit.article_id for hit in house.index.search(query)]
    told(f"holds {animal} {edition} {f'zoo-{animal}:{animal}' in hits}")


def read(house: House, animal: str) -> None:
    """Search again and again."""
    while True:
        box = read_box(f"{animal} lives")
        house.index.search(box_query(box, house.index.words, QueryOptions()))


def guarded(name: str, run: Callable[..., None], *args: object) -> None:
    """Tell what a thread dies of."""
    try:
        run(*args)
    except BaseException as error:
        told(f"failed {name}: {error!r}")


def main() -> None:
    """Until killed."""
    data, first = Path(sys.argv[1]), int(sys.argv[2])
    house = build(load_settings(data / "hercules.toml"), exclusive=True)
    library.sync(house)
    for animal in MADE_UP:
        hold(house, animal)
    told("ready")
    for animal in MADE_UP:
        for name, run, args in (
            ("writer", write, (house, data / "zoo", animal, first)),
            ("reader", read, (house, animal)),
        ):
            threading.Thread(target=guarded, args=(f"{name} {animal}", run, *args)).start()


LOUD = threading.Lock()

if __name__ == "__main__":
    main()
