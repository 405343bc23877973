"""Generations: built aside, swapped, kept when a build dies, rebuilt when broken."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hercules.kb.contract import SearchIndex
from hercules.kb.index import FieldWeights, IndexOptions, open_index
from hercules.model import Article, IndexBroken

from .samples import ARTICLES, DISK, LOGIN, POOL, article, found


@pytest.fixture
def folder(tmp_path: Path, engine: str) -> Path:
    """The index's folder, named for its engine."""
    return tmp_path / engine


def opening(folder: Path, options: IndexOptions = IndexOptions()) -> SearchIndex:  # noqa: B008 - frozen
    return open_index(folder, options, folder.name)


def built(folder: Path) -> SearchIndex:
    opened = opening(folder)
    opened.rebuild(ARTICLES, "2026-11-02T09:00:00+00:00")
    return opened


def test_generations_count_up_and_two_are_kept(folder: Path) -> None:
    opened = built(folder)
    assert [opened.rebuild(ARTICLES) for _ in range(3)] == [2, 3, 4]
    assert sorted(path.name for path in folder.glob("gen-*")) == ["gen-000003", "gen-000004"]
    assert (folder / "CURRENT").read_text().split()[:2] == ["gen-000004", folder.name]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_opening_serves_the_same(folder: Path) -> None:
    built(folder).close()
    again = opening(folder)
    assert again.broken == ""
    assert again.stats().built_at == "2026-11-02T09:00:00+00:00"
    assert found(again, "exhausted pool")[0] == "pool"


def test_write_puts_and_deletes_without_the_rest(folder: Path) -> None:
    opened = built(folder)
    changed = article("pool", "Quasars", "About a quasar.")
    number = opened.write(
        [changed, article("new", "Nebulae", "About a nebula.")], ["folder:disk"], mark="seq-9"
    )
    assert number == 2
    assert opened.mark == "seq-9"
    assert opened.stats().articles == len(ARTICLES)
    assert found(opened, "quasar") == ["pool"]
    assert found(opened, "nebula") == ["new"]
    assert found(opened, "exhausted connections") == []
    assert found(opened, "volume segments") == []
    assert found(opened, "certificate")[0] == "login", "untouched articles stay"


def test_many_small_writes_stay_sound(folder: Path) -> None:
    opened = built(folder)
    for at in range(30):
        opened.write([article(f"n{at}", f"Number{at}", f"text of number{at}")])
    assert opened.stats().articles == len(ARTICLES) + 30
    assert all(found(opened, f"number{at}")[0] == f"n{at}" for at in range(30))
    assert len(list((folder / "gen-000031").iterdir())) < 30


def test_writing_into_nothing_begins_an_index(folder: Path) -> None:
    opened = opening(folder)
    assert opened.write([POOL]) == 1
    assert found(opened, "pool") == ["pool"]


def test_writing_the_same_twice_changes_nothing(folder: Path) -> None:
    opened = built(folder)
    opened.write([DISK])
    opened.write([DISK])
    assert opened.stats().articles == len(ARTICLES)


def test_another_process_is_followed(folder: Path) -> None:
    reader = opening(folder)
    assert reader.refresh() is False
    writer = built(folder)
    assert reader.refresh() is True
    assert reader.refresh() is False
    assert reader.stats() == writer.stats()
    for _ in range(4):
        writer.write([article("new", "Nebulae", "About a nebula.")])
    assert found(reader, "pool exhausted")[0] == "pool", "its own generation is gone, but open"
    assert reader.refresh() is True
    assert found(reader, "nebula") == ["new"]


def test_a_builder_that_raises_changes_nothing(folder: Path) -> None:
    def broken() -> Iterator[Article]:
        yield POOL
        raise RuntimeError("the source went away")

    opened = built(folder)
    for build in (opened.rebuild, opened.write):
        with pytest.raises(RuntimeError, match="went away"):
            build(broken())
    assert opened.stats().generation == 1
    assert found(opened, "certificate")[0] == "login"
    assert opened.rebuild(ARTICLES) == 2
    assert not list(folder.glob("*.tmp"))


@pytest.mark.parametrize("options", [{"synonyms": "a, b"}, {"weights": FieldWeights(symptoms=9.0)}])
def test_other_settings_want_a_rebuild(folder: Path, options: dict[str, object]) -> None:
    built(folder).close()
    other = opening(folder, IndexOptions(**options))  # type: ignore[arg-type]  # test data
    assert "other settings" in other.broken
    assert other.stats().articles == 0
    other.rebuild(ARTICLES)
    assert other.broken == ""


def test_scoring_settings_want_none(folder: Path) -> None:
    built(folder).close()
    assert opening(folder, IndexOptions(b=0.7, weights=FieldWeights(title=5.0))).broken == ""


# --- broken folders -------------------------------------------------------------------------------


def _newest(folder: Path) -> Path:
    return max(folder.glob("gen-*"))


def _largest(folder: Path) -> Path:
    files = (path for path in _newest(folder).iterdir() if path.name != "MANIFEST.json")
    return max(files, key=lambda path: path.stat().st_size)


def _truncate(folder: Path) -> None:
    path = _largest(folder)
    path.write_bytes(path.read_bytes()[:100])


def _flip(folder: Path) -> None:
    path = _largest(folder)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _lose_a_file(folder: Path) -> None:
    next(iter([*_newest(folder).glob("*.toc"), *_newest(folder).glob("meta.json")])).unlink()


def _spoil_manifest(folder: Path) -> None:
    (_newest(folder) / "MANIFEST.json").write_text('{"files": "nonsense"}')


def _lose_manifest(folder: Path) -> None:
    (_newest(folder) / "MANIFEST.json").unlink()


def _escape(folder: Path) -> None:
    path = _newest(folder) / "MANIFEST.json"
    plain = json.loads(path.read_text())
    plain["files"][0][0] = f"../{plain['files'][0][0]}"
    path.write_text(json.dumps(plain))


def _lose_generation(folder: Path) -> None:
    shutil.rmtree(_newest(folder))


DAMAGES = [_truncate, _flip, _lose_a_file, _spoil_manifest, _lose_manifest, _escape, _lose_generation]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_index_opens_empty_and_is_rebuilt(folder: Path, damage: object) -> None:
    built(folder).close()
    damage(folder)  # type: ignore[operator]  # a function of the list above
    opened = opening(folder)
    assert opened.broken
    assert opened.stats().articles == 0
    assert found(opened, "pool") == []
    opened.rebuild(ARTICLES)
    assert opened.broken == ""
    assert found(opened, "exhausted pool")[0] == "pool"


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_former_generation_serves_meanwhile(folder: Path, damage: object) -> None:
    first = built(folder)
    first.rebuild(ARTICLES)
    first.close()
    damage(folder)  # type: ignore[operator]  # a function of the list above
    opened = opening(folder)
    assert opened.stats().generation == 1
    assert found(opened, "exhausted pool")[0] == "pool"
    if damage is not _lose_generation:
        assert opened.broken
        with pytest.raises(IndexBroken, match="rebuilt"):
            opened.write([POOL])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"gen-999999 whoosh x 1\n", b"../../etc whoosh"])
def test_a_spoiled_pointer_is_survived(folder: Path, content: bytes) -> None:
    built(folder).close()
    (folder / "CURRENT").write_bytes(content)
    opened = opening(folder)
    assert found(opened, "exhausted pool")[0] == "pool"
    opened.rebuild(ARTICLES)
    assert opened.broken == ""


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("no folder")
    opened = open_index(tmp_path / "index", IndexOptions())
    assert opened.stats().articles == 0
    with pytest.raises(IndexBroken, match="cannot be written"):
        opened.rebuild(ARTICLES)


def test_deleting_the_folder_loses_nothing(folder: Path) -> None:
    opened = built(folder)
    shutil.rmtree(folder)
    assert found(opened, "exhausted pool")[0] == "pool"
    with pytest.raises(IndexBroken, match="rebuilt"):
        opened.write([POOL])
    assert opened.rebuild(ARTICLES) == 1
    assert found(opened, "exhausted pool")[0] == "pool"


# --- threads and processes ------------------------------------------------------------------------


def test_readers_never_notice_a_swap(folder: Path) -> None:
    opened = built(folder)
    done, faults, asked = threading.Event(), [], [0]

    def read() -> None:
        while not done.is_set():
            try:
                assert found(opened, "exhausted pool")[0] == "pool"
                assert opened.stats().articles >= len(ARTICLES)
                asked[0] += 1
            except BaseException as error:
                faults.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for at in range(6):
        opened.rebuild([*ARTICLES, article(f"n{at}", f"Number{at}", "more")])
        opened.write([replace(LOGIN, url=f"https://kb.example/{at}")])
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert asked[0] > 10


def test_eight_producers_lose_nothing(folder: Path) -> None:
    indexes = [built(folder), opening(folder)]
    faults: list[BaseException] = []

    def produce(number: int) -> None:
        try:
            for step in range(3):
                key = f"p{number}s{step}"
                indexes[number % 2].write([article(key, f"Title{key}", "text")])
        except BaseException as error:
            faults.append(error)

    producers = [threading.Thread(target=produce, args=(number,)) for number in range(8)]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    assert faults == []
    indexes[0].refresh()
    assert indexes[0].stats().articles == len(ARTICLES) + 24


BUILDER = """
import sys
from pathlib import Path
from hercules.kb.index import IndexOptions, open_index
from hercules.model import Article
index = open_index(Path(sys.argv[1]), IndexOptions(), Path(sys.argv[1]).name)
text = "common text of an article with a number of words in it"
articles = [Article(f"folder:k{at}", f"Kill{at}", f"{text} kill{at}") for at in range(150)]
print("ready", flush=True)
while True:
    index.rebuild(articles)
    index.write(articles[:3])
"""


def test_kill_9_in_a_build_loses_nothing(folder: Path) -> None:
    chance = random.Random(7)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for _ in range(6):
        builder = subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(folder)], env=environment, stdout=subprocess.PIPE
        )
        assert builder.stdout is not None
        builder.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.7))
        builder.kill()
        builder.wait()
        builder.stdout.close()
        opened = opening(folder)
        if opened.stats().articles:
            assert opened.stats().articles == 150
            assert found(opened, "kill77")[0] == "k77"
        opened.close()
    survivor = opening(folder)
    survivor.rebuild(ARTICLES)
    assert survivor.broken == ""
    assert not list(folder.glob("*.tmp"))
    assert len(list(folder.glob("gen-*"))) <= 2
