"""What the analysers know of each language: stop words, stemmer, symptom headings, greetings, closings."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from whoosh.lang.porter import stem as porter_stem
from whoosh.lang.snowball.spanish import SpanishStemmer

_ACCENTS = dict.fromkeys(range(0x300, 0x370))


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


def unaccented(text: str) -> str:
    """The text without accents and compatibility forms."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_ACCENTS))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _porter(word: str) -> str:
    return str(porter_stem(word))


def _spanish(word: str) -> str:
    """The Snowball stem; words come without accents, which the endings -cion and -sion need."""
    accented = f"{word[:-2]}\u00f3n" if word.endswith(("cion", "sion")) else word
    return unaccented(str(_SNOWBALL.stem(accented)))


_SNOWBALL = SpanishStemmer()


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

_SPANISH = Language(
    stop_words=_words(
        """
        a al algo alguien algun alguna algunas alguno algunos ante antes aqui asi aun aunque bajo
        bien cada casi como con contra cual cuales cualquier cuando cuanto de debe deben del desde
        donde dos durante e el ella ellas ellos en entre era eran es esa esas ese eso esos esta
        estaba estaban estamos estan estar estas este esto estos estoy fue fueron ha haber habia
        hace hacer hacia han has hasta hay he hemos hizo incluso ir la las le les lo los luego mas
        me mediante menos mi mientras mis misma mismo mucha mucho muchos muy nada ni ningun ninguna
        ninguno no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros para
        pero poco podemos poder podria podriamos por porque pues puede pueden puedo que quien
        quienes se sea sean segun ser sera si sido siempre siendo sin sino sobre solo somos son soy
        su sus tal tambien tampoco tan tanto te tenemos tener tengo tiene tienen todas todavia todo
        todos tras tu tus u un una unas uno unos usted ustedes va vamos van varias varios veces vez
        y ya yo
        """
    ),
    courtesy=_words(
        """
        adelantado agradeceria agradecemos agradezco alguien amable antemano atentamente ayer ayuda ayudar
        ayudarme ayudarnos ayudenme buenas buenos companeros consulta cordial cordialmente cosa cosas cuanto
        dia dias digan domingo duda equipo espero estimado estimada estimados gracias hola hoy idea incidencia
        jueves lunes manana martes miercoles necesitamos necesito noche noches pasa pasando posible pregunta
        problema problemas quedo queremos quiero ruego sabado sabe saludo saludos semana soporte tarde tardes
        ticket urgente urgencia viernes
        """
    ),
    stem=_spanish,
    symptom_headings=_words("sintoma sintomas problema incidencia error resumen síntoma síntomas"),
    greetings=("hola", "buenas", "buenos dias", "buenas tardes", "buenas noches", "estimado", "estimada",
               "estimados"),
    closings=(
        "saludos", "un saludo", "saludos cordiales", "atentamente", "cordialmente", "gracias",
        "muchas gracias", "gracias de antemano", "mil gracias", "muchas gracias de antemano",
        "enviado desde mi", "quedo a la espera",
    ),
)  # fmt: skip

LANGUAGES: dict[str, Language] = {"en": _ENGLISH, "es": _SPANISH}
"""The one table: a language that is added here is cut, stemmed, detected and indexed."""

_BESIDE = ".,;:!?\u00a1\u00bf\"'()[]\u00ab\u00bb"
_DETECT_MIN, _DETECT_LEAD, _DETECT_CHARS = 3, 1.5, 20_000


def language(tag: str) -> Language:
    """The language of a tag such as `en` or `en-GB`; English for a tag that the table does not hold."""
    return LANGUAGES.get(tag.partition("-")[0].casefold(), _ENGLISH)


def detect(text: str) -> str:
    """The tag of the language whose stop words a text says clearly more of than of all others, else empty."""
    words = unaccented(text[:_DETECT_CHARS]).casefold().split()
    said = Counter(word.strip(_BESIDE) for word in words)
    counts = {
        tag: sum(said[word] for word in spoken.stop_words - _others(tag)) for tag, spoken in LANGUAGES.items()
    }
    best, *rest = sorted(counts, key=lambda tag: -counts[tag])
    lead = max((counts[tag] for tag in rest), default=0)
    return best if counts[best] >= max(_DETECT_MIN, _DETECT_LEAD * lead) else ""


@cache
def _others(tag: str) -> frozenset[str]:
    """The stop words of all other languages."""
    return frozenset().union(*(spoken.stop_words for name, spoken in LANGUAGES.items() if name != tag))
