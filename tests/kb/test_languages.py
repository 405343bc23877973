"""The languages of the table: detected, stemmed, asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.kb.box import box_query, read_box
from hercules.kb.contract import NoWords, SearchIndex
from hercules.kb.index import IndexOptions, open_index
from hercules.kb.languages import LANGUAGES, detect, unaccented
from hercules.kb.query import QueryOptions, build
from hercules.kb.words import words

from .samples import ARTICLES, article, keys, query_of, ticket


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The disk of the archive is full and we can not write", "en"),
        ("El disco del archivo est\u00e1 lleno y no podemos escribir", "es"),
        ("\u00bfPor qu\u00e9 no arranca la base de datos?", "es"),
        ("No me llegan las facturas de anoche, \u00bfqu\u00e9 hago?", "es"),
        ("(no se), la: \u00a1que!", "es"),
        ("ERROR ORA-01555", ""),
        ("", ""),
        ("El disco is full de la base and the archive", ""),
    ],
)
def test_detection(text: str, tag: str) -> None:
    assert detect(text) == tag


@pytest.mark.parametrize("tag", sorted(LANGUAGES))
def test_the_table_is_folded(tag: str) -> None:
    spoken = LANGUAGES[tag]
    plain = (*spoken.stop_words, *spoken.courtesy, *spoken.greetings, *spoken.closings)
    assert [word for word in plain if word != unaccented(word).casefold()] == []


@pytest.mark.parametrize(
    "forms",
    [
        ("conexi\u00f3n", "conexiones", "conexion"),
        ("configuraci\u00f3n", "configuraciones"),
        ("disco", "discos"),
        ("reinicio", "reiniciar", "reinici\u00f3"),
    ],
)
def test_spanish_stems_join_forms_with_and_without_accents(forms: tuple[str, ...]) -> None:
    assert len({tuple(words(form, "es")) for form in forms}) == 1


def test_a_spanish_ticket_is_asked_in_spanish() -> None:
    query = build(
        ticket("No arranca", "La base de datos no arranca en los nodos"), (), (), NoWords(), QueryOptions()
    )
    texts = {term.text for term in query.terms}
    assert {"arranc", "nod", "bas", "dat"} <= texts
    assert not texts & {"la", "de", "no", "en", "los"}


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    index = open_index(tmp_path_factory.mktemp("bilingual") / "index", IndexOptions())
    disco = article(
        "disco", "El disco del archivo est\u00e1 lleno", "Borre segmentos antiguos.", language="es"
    )
    index.rebuild([*ARTICLES, disco])
    return index


def test_each_language_finds_its_articles_and_codes_cross(bilingual: SearchIndex) -> None:
    assert (
        keys(bilingual.search(query_of(bilingual, "Los discos de los archivos", "se llenan")))[0] == "disco"
    )
    assert keys(bilingual.search(query_of(bilingual, "Disk of the archive is full")))[0] == "disk"
    crossed = query_of(bilingual, "Error al escribir", "El servidor dice ARCH-00507 y no podemos escribir.")
    assert keys(bilingual.search(crossed))[0] == "disk"
    mixed = query_of(bilingual, "Error del connection pool", "El connection pool se queda sin conexiones.")
    assert keys(bilingual.search(mixed))[0] == "pool"


def test_a_language_with_few_articles_filters_nothing(bilingual: SearchIndex) -> None:
    asked = ticket("ARCH-00507", language="en-GB")
    query = build(asked, (), (), bilingual.words, QueryOptions(product_min=100))
    assert query.filters.language == ""
    enough = build(asked, (), (), bilingual.words, QueryOptions(product_min=1))
    assert enough.filters.language == "en-GB"


def test_a_desk_that_names_another_language_still_finds_english_articles(bilingual: SearchIndex) -> None:
    """However many there are in that language: words and codes decide."""
    options = QueryOptions(product_min=1)
    crossed = query_of(bilingual, "Error ARCH-00507 al escribir", options=options, language="es")
    assert keys(bilingual.search(crossed))[0] == "disk"
    spanish = query_of(bilingual, "El disco se ha llenado", options=options, language="es")
    assert keys(bilingual.search(spanish))[0] == "disco"


def test_the_search_box_reads_what_was_typed_in_the_language_of_the_articles(bilingual: SearchIndex) -> None:
    def ask(typed: str) -> list[str]:
        return keys(bilingual.search(box_query(read_box(typed), bilingual.words, QueryOptions())))

    assert ask("borre antiguos") == ["disco"], "stems that English does not make"
    assert ask('"los segmentos antiguos"')[0] == "disco"
    assert ask("remove segments")[0] == "disk"
    assert set(ask("certificate antiguos")) == {"login", "disco"}, "each word in the language that holds it"
    assert "disco" not in ask("disco archive -antiguos")


def test_the_spanish_articles_of_the_labelled_set_are_spanish() -> None:
    folder = Path(__file__).parent / "labelled" / "articles-es"
    assert {detect(path.read_text("utf-8")) for path in folder.glob("*.md")} == {"es"}
