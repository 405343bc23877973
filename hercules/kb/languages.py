"""What the analysers know of each language: stop words, stemmer, symptom headings, greetings, closings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whoosh.lang.porter import stem as porter_stem


@dataclass(frozen=True, slots=True)
class Language:
    """One language. All words are folded; `courtesy` are words that tickets hold and answers do not.

    `symptom_headings` are first words of headings; `greetings` and `closings` are beginnings of lines.
    """

    stop_words: frozenset[str]
    courtesy: frozenset[str]
    stem: Callable[[str], str]
    symptom_headings: frozenset[str]
    greetings: tuple[str, ...]
    closings: tuple[str, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _porter(word: str) -> str:
    return str(porter_stem(word))


_ENGLISH = Language(
    stop_words=_words(
        """
        a about above after again all also although am an and another any are aren't as at be because been
        before being below between both but by can can't cannot could couldn't did didn't do does
        doesn't doing don't done down during each either else etc even ever every few for from
        further get gets getting got had hadn't has hasn't have haven't having he hence her here
        hers herself him himself his how however i i'd i'll i'm i've if in instead into is isn't
        it it's its itself just let like made make makes many may maybe me might more most much
        must my myself neither no nor not now of off often on once one only or other our ours
        ourselves out over own per quite rather really same see seem seems shall she should
        shouldn't since so some still such than that that's the their theirs them themselves then
        there there's therefore these they they're this those though through thus to too under
        until up upon us use used uses using very via was wasn't we we'll we're we've well were
        weren't what what's whatever when whenever where whether which while who whose why will
        with within without won't would wouldn't yet you you'll you're your yours yourself
        """
    ),
    courtesy=_words(
        """
        advance advise afternoon anybody anyone anything appreciate appreciated asap assist assistance
        colleague colleagues could dear evening everyone far find folks glad greetings guys hello
        help hey hi hope idea issue issues kind kindly know last let look looking lot matter
        minute minutes monday morning tuesday wednesday thursday friday saturday sunday need needs
        new notice noticed page people please possible problem problems question regards say says
        soon sorry support team tell thank thanks thing things think ticket today told tonight
        tomorrow tried try trying understand urgent urgently want week welcome wonder work works
        working worked yesterday happen happened happening happens come comes going goes went
        right wrong somebody someone something nothing everything
        """
    ),
    stem=_porter,
    symptom_headings=_words("symptom symptoms problem issue error summary"),
    greetings=("hi", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "greetings"),
    closings=(
        "best regards", "kind regards", "regards", "best", "best wishes", "cheers", "many thanks",
        "sincerely", "thank you", "thanks", "thanks and best regards", "thanks and regards",
        "thanks in advance", "warm regards", "with kind regards", "yours", "sent from my", "get outlook for",
    ),
)  # fmt: skip

LANGUAGES: dict[str, Language] = {"en": _ENGLISH}


def language(tag: str) -> Language:
    """The language of a tag such as `en` or `en-GB`; English for a tag that the table does not hold."""
    return LANGUAGES.get(tag.partition("-")[0].casefold(), _ENGLISH)
