"""Labelled questions: articles, tickets and which article answers which, as the files of `kb eval`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from hercules.kb.article import markdown_blocks, sealed
from hercules.kb.blocks import take_apart
from hercules.kb.languages import detect
from hercules.model import Article, HerculesError
from hercules.text import clean, cut, one_line

ARTICLES, QUERIES, JUDGEMENTS = "articles.jsonl", "queries.jsonl", "judgements.tsv"
_SHOWN_CHARS = 60
_ID_CHARS_MAX = 500
_SOURCE = "eval"

T = TypeVar("T", Article, "Question")
Half = Literal["tuning", "frozen"]
Judged = Mapping[str, Mapping[str, int]]
"""Relevance (>= 0) by query and article."""


class BadLabels(HerculesError):
    """A file of labels that cannot be read; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Question:
    """A labelled ticket. One that came as `text` has no subject: its text is the description."""

    id: str
    subject: str = ""
    description: str = ""
    log: str = ""
    product: str = ""
    language: str = ""

    @property
    def half(self) -> Half:
        """The half that the question belongs to: tune on the one, report on the other."""
        return half_of(self.id)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Articles, questions and relevance of the one to the other."""

    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    judged: Judged = field(default_factory=dict)

    def relevant(self, question_id: str) -> frozenset[str]:
        """Ids of the articles that answer a question; none for one that nothing answers."""
        return frozenset(key for key, value in self.judged.get(question_id, {}).items() if value > 0)

    @property
    def answerable(self) -> tuple[Question, ...]:
        """Questions that some article answers."""
        return tuple(each for each in self.questions if self.relevant(each.id))


def half_of(question_id: str) -> Half:
    """Which half a question belongs to, by the hash of its id: it never moves when others are added."""
    digest = hashlib.sha256(question_id.encode("utf-8", "replace")).digest()
    return "frozen" if digest[-1] % 2 else "tuning"


def article_id(key: str) -> str:
    """The id in the index of an article of a file."""
    return f"{_SOURCE}:{key}"


# --- reading ----------------------------------------------------------------------------------------


def read_articles(name: str, data: bytes) -> tuple[Article, ...]:
    """The articles of a file `{"id", "title", "body", "tags"?, "product"?}` a line; the body is Markdown.

    Raises BadLabels naming file and line.
    """
    return tuple(_each(name, data, _article))


def read_questions(name: str, data: bytes) -> tuple[Question, ...]:
    """The questions of a file: `{"id", "text"}` or `{"id", "subject", "description", "log"?}` a line.

    `product` and `language` may stand beside them. Raises BadLabels naming file and line.
    """
    return tuple(_each(name, data, _question))


def read_judgements(
    name: str, data: bytes, questions: Collection[str], articles: Collection[str]
) -> dict[str, dict[str, int]]:
    """Relevance of a file `question<TAB>article<TAB>relevance` a line, by question and article id.

    `questions` and `articles` are the known ids; the second ones as in the index. Raises BadLabels.
    """
    judged: dict[str, dict[str, int]] = {}
    for place, line in _lines(name, data):
        parts = line.split("\t")
        if len(parts) != 3:
            raise BadLabels(f"{place}: write question, article and relevance with one tab between them")
        question, key, relevance = parts[0], article_id(parts[1]), parts[2]
        if question not in questions:
            raise BadLabels(f"{place}: there is no question {_shown(question)}")
        if key not in articles:
            raise BadLabels(f"{place}: there is no article {_shown(parts[1])}")
        if not (relevance.isascii() and relevance.isdigit() and len(relevance) < 4):
            raise BadLabels(f"{place}: {_shown(relevance)} is no relevance; write a whole number from 0 on")
        if key in judged.setdefault(question, {}):
            raise BadLabels(f"{place}: question and article are judged a second time")
        judged[question][key] = int(relevance)
    return judged


def _lines(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Filled lines, each with its place `file:line`."""
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            line = raw.decode().rstrip("\r")
        except UnicodeDecodeError as error:
            raise BadLabels(f"{name}:{number}: this is no UTF-8") from error
        if line.strip():
            yield f"{name}:{number}", line


def _each(name: str, data: bytes, read: Callable[[str, Mapping[str, object]], T]) -> Iterator[T]:
    seen: set[str] = set()
    for place, line in _lines(name, data):
        found = read(place, _object(place, line))
        if found.id in seen:
            raise BadLabels(f"{place}: the id {_shown(found.id.removeprefix(f'{_SOURCE}:'))} is doubled")
        seen.add(found.id)
        yield found


def _object(place: str, line: str) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLabels(f"{place}: this is no JSON ({cut(str(error), _SHOWN_CHARS)})") from error
    if not isinstance(value, dict):
        raise BadLabels(f"{place}: write one JSON object a line")
    return value


def _article(place: str, given: Mapping[str, object]) -> Article:
    key, title = _id(place, given), one_line(_text(place, given, "title", needed=True))
    markdown = clean(_text(place, given, "body"))
    tag = _text(place, given, "language") or detect(f"{title}\n{markdown}") or "en"
    parts = take_apart(markdown_blocks(markdown), tag)
    return sealed(
        Article(
            id=article_id(key),
            title=title,
            body="\n".join(parts.body),
            source=_SOURCE,
            headings="\n".join(parts.headings),
            symptoms="\n".join(parts.symptoms),
            exact="\n".join(parts.exact),
            markdown=markdown,
            product=_text(place, given, "product").casefold(),
            tags=_texts(place, given, "tags"),
            language=tag,
        )
    )


def _question(place: str, given: Mapping[str, object]) -> Question:
    key = _id(place, given)
    if not {"text", "subject", "description"} & given.keys():
        raise BadLabels(f"{place}: a question has a `text`, or `subject` and `description`")
    return Question(
        key,
        subject=_text(place, given, "subject"),
        description=_text(place, given, "description") or _text(place, given, "text"),
        log=_text(place, given, "log"),
        product=_text(place, given, "product"),
        language=_text(place, given, "language"),
    )


def _id(place: str, given: Mapping[str, object]) -> str:
    key = _text(place, given, "id", needed=True)
    if len(key) > _ID_CHARS_MAX or any(letter in key for letter in "\t\r\n"):
        raise BadLabels(f"{place}: `id` must be at most {_ID_CHARS_MAX} characters without tab or newline")
    return key


def _text(place: str, given: Mapping[str, object], name: str, *, needed: bool = False) -> str:
    value = given.get(name, "")
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise BadLabels(f"{place}: `{name}` must be a text")
    if needed and not value.strip():
        raise BadLabels(f"{place}: `{name}` is missing")
    return value


def _texts(place: str, given: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadLabels(f"{place}: `{name}` must be a list of texts")
    return tuple(one_line(each).casefold() for each in value)


def _shown(text: str) -> str:
    return repr(cut(one_line(text), _SHOWN_CHARS))


# --- writing ----------------------------------------------------------------------------------------


def articles_jsonl(articles: Iterable[Article]) -> str:
    """The articles as a file for `kb eval`; their keys are their whole ids."""
    return "".join(
        _json(
            {
                "id": each.id,
                "title": each.title,
                "body": each.markdown or each.body,
                "tags": list(each.tags),
                "product": each.product,
                "language": each.language,
            }
        )
        for each in articles
    )


def questions_jsonl(questions: Iterable[Question]) -> str:
    """The questions as a file for `kb eval`."""
    return "".join(
        _json(
            {
                "id": each.id,
                "subject": each.subject,
                "description": each.description,
                **{name: value for name in ("log", "product", "language") if (value := getattr(each, name))},
            }
        )
        for each in questions
    )


def judgements_tsv(judged: Iterable[tuple[str, str, int]]) -> str:
    """Judgements (question, article, relevance) as a file for `kb eval`."""
    return "".join(f"{question}\t{key}\t{relevance}\n" for question, key, relevance in judged)


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def halves(questions: Sequence[Question]) -> dict[Half, tuple[Question, ...]]:
    """The questions of each half."""
    return {
        "tuning": tuple(each for each in questions if each.half == "tuning"),
        "frozen": tuple(each for each in questions if each.half == "frozen"),
    }
