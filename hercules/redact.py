"""Secrets and personal data out of text: each is replaced by a marker such as `[email]`."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

from hercules.text import whole

Span = tuple[int, int]
Judge = Callable[[bytes, int, int], bool]


def _compile(pattern: bytes) -> re2._Regexp:
    """A byte pattern: text is matched as UTF-8 bytes, so that places need no counting of characters."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern, options)


_MARKER = _compile(rb"\[(?:token|secret|private-key|cookie|email|ip|card)(?:-[0-9]+)?\]")

# --- formats ----------------------------------------------------------------------------------------

# Each line: literals that must occur (lower case, any of them), then the pattern. The token is group 1
# where there is one, because RE2 has no look-behind and weak prefixes need a border before them.
_B = rb"(?:^|[^A-Za-z0-9])"
_TOKENS: tuple[tuple[tuple[bytes, ...], bytes], ...] = (
    ((b"akia", b"asia", b"abia", b"acca"), rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    ((b"gh",), rb"gh[pousr]_[A-Za-z0-9]{36,255}"),
    ((b"github_pat_",), rb"github_pat_[A-Za-z0-9_]{22,255}"),
    ((b"gl",), rb"gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_\-]{20,300}"),
    ((b"xox",), rb"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9\-]{10,255}"),
    ((b"xapp-",), rb"xapp-[0-9]-[A-Za-z0-9\-]{20,255}"),
    ((b"hooks.slack.com",), rb"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_+]{20,})"),
    ((b"_live_", b"_test_"), rb"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}"),
    ((b"whsec_",), rb"whsec_[A-Za-z0-9+/=]{24,128}"),
    ((b"aiza",), rb"AIza[0-9A-Za-z_\-]{35}"),
    ((b"ya29.",), rb"ya29\.[0-9A-Za-z_\-]{20,}"),
    ((b"gocspx-",), rb"GOCSPX-[A-Za-z0-9_\-]{28}"),
    ((b"npm_",), rb"npm_[A-Za-z0-9]{36}"),
    ((b"pypi-",), rb"pypi-[A-Za-z0-9_\-]{50,}"),
    ((b"dckr_",), rb"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{27,}"),
    ((b"sg.",), rb"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}"),
    ((b"key-",), _B + rb"(key-[0-9a-f]{32})"),
    ((b"-us",), _B + rb"([0-9a-f]{32}-us[0-9]{1,2})"),
    ((b"sk", b"ac"), _B + rb"((?:SK|AC)[0-9a-f]{32})"),
    ((b"sk-",), _B + rb"(sk-[A-Za-z0-9_\-]{20,255})"),
    ((b"hf_",), _B + rb"(hf_[A-Za-z0-9]{30,40})"),
    ((b"_v1_",), rb"do[opr]_v1_[a-f0-9]{64}"),
    ((b"at",), rb"AT(?:ATT3|CTT3)[A-Za-z0-9_=\-]{50,}"),
    ((b"atbb",), rb"ATBB[A-Za-z0-9]{32}"),
    ((b"shp",), rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ((b"sq0",), rb"sq0(?:atp|csp)-[A-Za-z0-9_\-]{22,43}"),
    ((b"dapi",), rb"dapi[0-9a-f]{32}(?:-[0-9])?"),
    ((b"hvs.", b"hvb.", b"hvr."), rb"hv[sbr]\.[A-Za-z0-9_\-]{24,}"),
    ((b".atlasv1.",), rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,}"),
    ((b"nrak-",), rb"NRAK-[A-Z0-9]{27}"),
    ((b"glsa_",), rb"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    ((b"glc_",), _B + rb"(glc_[A-Za-z0-9+/=]{32,})"),
    ((b"sntry",), rb"sntry[su]_[A-Za-z0-9+/=_\-]{20,}"),
    ((b"lin_",), rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ((b"ntn_",), rb"ntn_[A-Za-z0-9]{40,}"),
    ((b"secret_",), _B + rb"(secret_[A-Za-z0-9]{43})"),
    ((b"figd_",), rb"figd_[A-Za-z0-9_\-]{40,}"),
    ((b"pmak-",), rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ((b"q~",), rb"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}"),
    ((b":aa",), _B + rb"([0-9]{8,10}:AA[A-Za-z0-9_\-]{33})"),
    ((b"/webhooks/",), rb"/api/webhooks/([0-9]{17,20}/[A-Za-z0-9_\-]{60,})"),
    ((b".",), _B + rb"([MNO][A-Za-z0-9_\-]{23,25}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38})"),
    ((b"eaa",), _B + rb"(EAA[A-Za-z0-9_\-]{60,})"),
    ((b"sl.",), _B + rb"(sl\.[A-Za-z0-9_\-]{130,})"),
    ((b"rubygems_",), rb"rubygems_[a-f0-9]{48}"),
    ((b"v1.0-",), rb"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    ((b"dp.",), _B + rb"(dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._\-]{40,64})"),
    ((b"pscale_",), rb"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.\-]{32,64}"),
    ((b"sbp_",), rb"sbp_[a-f0-9]{40}"),
    ((b"pat",), _B + rb"(pat[A-Za-z0-9]{14}\.[a-f0-9]{64})"),
    ((b"pat-",), rb"pat-(?:na|eu)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ((b"age-secret-key-",), rb"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ((b"ltai",), _B + rb"(LTAI[A-Za-z0-9]{12,26})"),
    ((b"akcp",), rb"AKCp[A-Za-z0-9]{60,}"),
    ((b"pul-",), _B + rb"(pul-[a-f0-9]{40})"),
    ((b"dt0",), rb"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ((b"tskey-",), rb"tskey-[a-z]+-[A-Za-z0-9\-]{20,}"),
    ((b"hrku-",), rb"HRKU-[A-Za-z0-9_\-]{36,}"),
    ((b"nfp_",), _B + rb"(nfp_[A-Za-z0-9]{36,})"),
    ((b"eyj",), rb"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,3}"),
)


_SECRET_NAMES = (
    rb"(?:password|passwd|passphrase|passcode|passwort|requirepass|masterauth|secret|token|credentials?"
    rb"|(?:api|access|private|secret|account|shared[_-]?access|encryption|signing|master|auth|app|client)"
    rb"[_.-]?key(?:[_-]?id)?|api[_-]?token|client[_-]?secret|_auth|_pass|\.pass|-pass|[a-z]Pass|\bpass|\bpwd|_pwd"
    rb"|jsessionid|phpsessid|session[_-]?id|connect\.sid|sessid|remember[_-]?me|csrf[_-]?token|xsrf[_-]?token"
    rb"|x-amz-signature|x-amz-credential|signature|\bsig)"
)
_VALUE = (
    rb"(?:\\+\"([^\"\\\r\n]+)|\"((?:[^\"\\\r\n]|\\.)+)|'([^'\r\n]+)"
    rb"|([^\s\"',;&<>|\\]+))"
)
_NAMED = _compile(
    rb"(?i)(" + _SECRET_NAMES + rb")[0-9]{0,2}((?:\\*[\"'\]])?[ \t]*(?:=>|:=|[:=]|%3d)[ \t]*)" + _VALUE
)
_FLAG = _compile(rb"(?i)(--?[a-z-]{0,30}(?:password|passwd|secret|token|api-?key|requirepass)) +()" + _VALUE)
_SPACED = _compile(
    rb"(?i)(\b(?:requirepass|masterauth|identified +by(?: +password)?|sshpass +-p)) +()" + _VALUE
)
_XML = _compile(
    rb"(?i)(<[a-z0-9_.:-]{0,60}" + _SECRET_NAMES + rb")( *(?: [^<>]{0,200})?>)()()()([^<>\r\n]+)<"
)
_ATTRIBUTE = _compile(
    rb"(?i)(name=[\"'][a-z0-9_.-]{0,80}" + _SECRET_NAMES + rb")([\"'] +value=|[\"'] *>)" + _VALUE
)
_COOKIE = _compile(
    rb"(?i)\b(?:set-)?cookie2?\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?([a-z0-9_.$!#%&*+^|~-]+=[^\"'\r\n\\]*)"
)
_AUTHORIZATION = _compile(
    rb"(?i)authorization\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?"
    rb"(?:(?:bearer|basic|token|negotiate|ntlm|apikey|ssws|genie-?key) +([^\s\"',;\\]{4,})"
    rb"|(?:digest|aws4-hmac-sha256|signature|hawk|oauth) +([^\r\n]{8,})|([^\s\"',;\\]{12,}))"
)
_BEARER = _compile(rb"(?i)\b(?:bearer|ssws) +([A-Za-z0-9._~+/=\-]{16,})")
_BASIC = _compile(rb"(?i)\bbasic +([A-Za-z0-9+/]{8,}={0,2})")
_USERINFO = _compile(rb"(?i)[a-z][a-z0-9+.-]{1,30}://([^\s/\"'<>\[\]]+)@")
_ORACLE = _compile(rb"(?i)jdbc:oracle:[a-z0-9]+:([^\s/@]{1,128}/[^\s@]{1,128})@")
_MAIL = _compile(
    rb"(?i)(?:[a-z0-9._%+'&\-]|[\xc3-\xd4][\x80-\xbf]){1,64}(?:@|%40)"
    rb"(?:(?:[a-z0-9\-]|[\xc3-\xd4][\x80-\xbf]){1,63}\.){1,8}(?:xn--[a-z0-9\-]{2,40}|[a-z]{2,24})"
)
_IPV4 = _compile(rb"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_IPV4_DASHED = _compile(rb"\bip-([0-9]{1,3}(?:-[0-9]{1,3}){3})\b")
_IPV6 = _compile(rb"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f]")
_CARD = _compile(
    rb"[0-9]{13,19}|[0-9]{4}(?:-[0-9]{4}){3}(?:-[0-9]{3})?|[0-9]{4}(?: [0-9]{4}){3}(?: [0-9]{3})?"
    rb"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
)
_CARD_BRAND = _compile(
    rb"^(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}"
    rb"|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14}|6(?:011|5[0-9]{2}|4[4-9][0-9]|2[0-9]{2})[0-9]{12,15})$"
)
_PEM_BEGIN = _compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = _compile(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_REST = _compile(rb"(?:(?:\\[nr]|\s)*[A-Za-z0-9+/]{16,}={0,2})*")
_PEM_LINE = _compile(rb"(?m)^[ \t]*([A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{76})\r?$")
_ENCODED = _compile(rb"[A-Za-z0-9+/_\-]{24,}={0,2}")
_BREAK = _compile(rb"[A-Za-z0-9_.+/=\-](\r?\n[ \t]*)[A-Za-z0-9_.+/=\-]")
_VERSION_BEFORE = _compile(rb"(?i)(?:version|release|build|\bver|\brev|\bv|firmware|driver)[\s:=\"'()v]*$")
_PRODUCT_BEFORE = _compile(rb"(?:^|[^A-Za-z0-9.-])[A-Z][A-Za-z]*/$")

_PEM_MAX_BYTES = 16_384
_NO_VALUES = frozenset(
    b"null none nil true false undefined empty hidden masked redacted removed required unset"
    b"is was are must may cannot not invalid incorrect wrong missing expired failed and or the for of in to "
    b"no yes authentication provided given field value string".split()
)
_STRONG = (b"pass", b"pwd", b"requirepass", b"masterauth", b"auth", b"identified")
_FILE_ENDINGS = frozenset(
    b"service socket timer target mount slice scope path device swap automount png jpg jpeg gif svg webp jar "
    b"war zip gz tgz log txt xml json yaml yml py js ts java class rb go md html css conf cfg so dll".split()
)


# --- judges: what a pattern cannot say ----------------------------------------------------------------


def _is_value(name: bytes, border: bytes, value: bytes, quoted: bool) -> bool:
    """True when the text after a secret-like name is a secret, not a word, a path or a placeholder."""
    bare = value.strip(b"()[]{}.!?").lower()
    if bare in _NO_VALUES or not bare.strip(b"*x.-_#") or _is_only_markers(value):
        return False
    if value.startswith((b"${", b"$(", b"{{", b"<", b"%(", b"{}", b"%s")):
        return False
    lower = name.lower()
    if lower == b"pwd" and value.startswith(b"/"):
        return False
    if lower.startswith(_STRONG) or lower.endswith((b"pass", b"password", b"pwd")) or quoted:
        return len(value) >= 3
    if lower in (b"sig", b"signature") or b"sess" in lower:
        return len(value) >= 16
    prose = b":" in border and border.endswith((b" ", b"\t"))
    return _looks_random(value) if prose else len(value) >= 6


def _is_only_markers(value: bytes) -> bool:
    return not _MARKER.sub(b"", value).strip(b" ;,()[]{}.")


def _looks_random(value: bytes) -> bool:
    digit = any(48 <= byte <= 57 for byte in value)
    mixed = value != value.lower() and value != value.upper() and b"." not in value
    return len(value) >= 8 and (digit or (mixed and len(value) >= 16))


def _is_mail(text: bytes, start: int, end: int) -> bool:
    local, _, domain = text[start:end].lower().replace(b"%40", b"@").rpartition(b"@")
    labels = domain.split(b".")
    return (
        local != b"git"
        and labels[-1] not in _FILE_ENDINGS
        and not all(label.isdigit() for label in labels[:-1])
    )


def _is_ipv4(text: bytes, start: int, end: int) -> bool:
    """True for an address; false for four-part versions and for addresses that tell nothing of anybody."""
    parts = text[start:end].replace(b"-", b".").split(b".")
    if any(int(part) > 255 or (len(part) > 1 and part[:1] == b"0") for part in parts):
        return False
    if parts[0] in (b"127", b"255") or parts == [b"0"] * 4:
        return False
    return not _is_version(text, start, end)


def _is_version(text: bytes, start: int, end: int) -> bool:
    before, after = text[max(start - 40, 0) : start], text[end : end + 2]
    if _word(before[-1:]) or before[-1:] == b"." or _word(after[:1]):
        return True
    if (after[:1] in (b".", b"-", b"+") and _word(after[1:2])) or (
        before[-1:] == b"-" and _word(before[-2:-1])
    ):
        return True
    if before[-1:] == b"/" and before[-2:-1] != b"/" and after[:1] == b"/":
        return True
    return bool(_VERSION_BEFORE.search(before) or (_PRODUCT_BEFORE.search(before) and after[:1] != b":"))


def _word(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_"


def _is_ipv6(text: bytes, start: int, end: int) -> bool:
    if _word(text[start - 1 : start]) or text[start - 1 : start] == b"." or _word(text[end : end + 1]):
        return False
    try:
        address = ipaddress.IPv6Address(text[start:end].decode("ascii"))
    except ValueError:
        return False
    groups = [group for group in text[start:end].lower().split(b":") if group]
    known = bool(groups) and groups[0][:2] in (b"fe", b"fc", b"fd", b"20", b"24", b"26", b"28", b"2a", b"64")
    return not (address.is_loopback or address.is_unspecified) and (len(groups) >= 3 or known)


def _is_card(text: bytes, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start], text[end : end + 2]
    if _word(before) or before in (b".", b"-") or _word(after[:1]) or after[:1] == b"-":
        return False
    if after[:1] == b"." and after[1:2].isdigit():
        return False
    digits = text[start:end].replace(b" ", b"").replace(b"-", b"")
    return bool(_CARD_BRAND.search(digits)) and _luhn(digits)


def _luhn(digits: bytes) -> bool:
    """The check digit of ISO/IEC 7812-1: every second digit from the right doubled, sum divisible by ten."""
    doubled = (
        divmod(2 * (byte - 48), 10) if place % 2 else (0, byte - 48)
        for place, byte in enumerate(digits[::-1])
    )
    return sum(tens + ones for tens, ones in doubled) % 10 == 0


def _is_token(text: bytes, start: int, end: int) -> bool:
    """Weak prefixes such as `sk-` also begin words: a token has a digit."""
    found = text[start:end]
    return not found.startswith((b"sk-", b"tskey-", b"xox")) or any(48 <= byte <= 57 for byte in found)


def _is_key_line(text: bytes, start: int, end: int) -> bool:
    """A whole line of base64 as in the middle of a PEM block; a line of hex is a digest and stays."""
    line = text[start:end]
    return line != line.lower() and line != line.upper() and any(48 <= byte <= 57 for byte in line)


def _is_basic(text: bytes, start: int, end: int) -> bool:
    return b":" in (_decoded(text[start:end]) or b"")


def _is_userinfo(text: bytes, start: int, end: int) -> bool:
    found = text[start:end]
    return not _is_only_markers(found) and (b":" in found or len(found) >= 20)


def _decoded(found: bytes) -> bytes | None:
    """The text inside base64, None when it is none or not printable ASCII."""
    plain = found.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        inner = base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return None
    return (
        inner
        if inner.isascii() and inner.replace(b"\n", b"").replace(b"\r", b"").decode().isprintable()
        else None
    )


def _always(text: bytes, start: int, end: int) -> bool:
    return not _is_only_markers(text[start:end])


def _is_cookie(text: bytes, start: int, end: int) -> bool:
    return b"=" in text[start:end] and _always(text, start, end)


# --- the table and the redactor -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Format:
    """One kind of secret: literals of which one must occur (lower case), a pattern, a judge of each match."""

    kind: str
    literals: tuple[bytes, ...]
    pattern: re2._Regexp
    judge: Judge = _always

    def may_be_in(self, lower: bytes) -> bool:
        return not self.literals or any(literal in lower for literal in self.literals)

    def spans(self, text: bytes) -> Iterator[Span]:
        for found in self.pattern.finditer(text):
            group = found.lastindex or 0
            start, end = found.span(group)
            if end > start and self.judge(text, start, end):
                yield start, end


_TOKEN_FORMATS = tuple(
    _Format("token", literals, _compile(pattern), _is_token) for literals, pattern in _TOKENS
)
_HEADERS = (
    _Format("token", (b"authorization",), _AUTHORIZATION),
    _Format("token", (b"bearer", b"ssws"), _BEARER),
    _Format("token", (b"basic ",), _BASIC, _is_basic),
    _Format("secret", (b"://",), _USERINFO, _is_userinfo),
    _Format("secret", (b"jdbc:oracle",), _ORACLE),
    _Format("private-key", (), _PEM_LINE, _is_key_line),
)
_LATE = (
    _Format("cookie", (b"cookie",), _COOKIE, _is_cookie),
    _Format("email", (b"@", b"%40"), _MAIL, _is_mail),
    _Format("ip", (b".",), _IPV4, _is_ipv4),
    _Format("ip", (b"ip-",), _IPV4_DASHED),
    _Format("ip", (b":",), _IPV6, _is_ipv6),
    _Format("card", (), _CARD, _is_card),
)
_NAME_LITERALS = (
    b"pass", b"pwd", b"secret", b"token", b"key", b"auth", b"credential", b"sess", b"remember", b"sig",
    b"identified", b"connect.sid",
)  # fmt: skip
_NAMED_PATTERNS = (_NAMED, _FLAG, _SPACED, _XML, _ATTRIBUTE)


class Redactor:
    """Takes secrets and personal data out of the texts of one ticket.

    The same secret gets the same marker in every text: `[email]`, the second different one `[email-2]`.
    Works on UTF-8 bytes inside; lone surrogates come out as U+FFFD. Never raises for any text.
    """

    __slots__ = ("_counts", "_markers")

    def __init__(self) -> None:
        self._markers: dict[bytes, bytes] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """The text with each secret replaced; what is no secret is returned as it was."""
        return self._redact(whole(text).encode()).decode()

    def _redact(self, text: bytes, *, inner: bool = False) -> bytes:
        text = self._apply("private-key", text, _pem_spans(text))
        text = self._apply("token", text, _split_spans(text))
        for table in (_TOKEN_FORMATS, _HEADERS):
            text = self._by_table(table, text)
        lower = text.lower()
        if any(literal in lower for literal in _NAME_LITERALS):
            for pattern in _NAMED_PATTERNS:
                text = self._apply("secret", text, _named_spans(pattern, text))
        if not inner:
            text = self._apply("token", text, _encoded_spans(text))
        return self._by_table(_LATE, text)

    def _by_table(self, table: tuple[_Format, ...], text: bytes) -> bytes:
        lower = text.lower()
        for each in table:
            if each.may_be_in(lower):
                text = self._apply(each.kind, text, each.spans(text))
        return text

    def _apply(self, kind: str, text: bytes, spans: Iterator[Span]) -> bytes:
        parts, done = [], 0
        for start, end in spans:
            if start >= done:
                parts += [text[done:start], self._marker(kind, text[start:end])]
                done = end
        return b"".join([*parts, text[done:]]) if parts else text

    def _marker(self, kind: str, secret: bytes) -> bytes:
        known = self._markers.get(secret)
        if known is None:
            count = self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self._markers[secret] = (f"[{kind}]" if count == 1 else f"[{kind}-{count}]").encode()
        return known


def redact(text: str) -> str:
    """The text without secrets and personal data, on its own (a Redactor serves several texts)."""
    return Redactor()(text)


def _pem_spans(text: bytes) -> Iterator[Span]:
    """Private keys from BEGIN to END, or as far as base64 goes where the end is cut off."""
    if b"PRIVATE KEY" not in text:
        return
    for found in _PEM_BEGIN.finditer(text):
        start, end = found.span()
        last = _PEM_END.search(text, end, min(end + _PEM_MAX_BYTES, len(text)))
        rest = last or _PEM_REST.search(text, end)
        yield start, rest.end() if rest else end


def _named_spans(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
    """Values after a secret-like name: group 1 ends with the name, the last group is the value."""
    for found in pattern.finditer(text):
        group = found.lastindex or 0
        start, end = found.span(group)
        border = text[found.end(1) : start]
        quoted = text[start - 1 : start] in (b'"', b"'")
        name = found.group(1)
        if not quoted:
            end = start + len(text[start:end].rstrip(b")]}.")) if b"[" not in text[start:end] else end
        if end > start and _is_value(name, border, text[start:end], quoted):
            yield start, end


def _encoded_spans(text: bytes) -> Iterator[Span]:
    """Runs of base64 whose inside holds a secret."""
    for found in _ENCODED.finditer(text):
        inner = _decoded(found.group())
        if inner and Redactor()._redact(inner, inner=True) != inner:
            yield found.span()


def _split_spans(text: bytes) -> Iterator[Span]:
    """Tokens that a line end cuts in two: looked for in the text with such line ends taken out."""
    joined, places = _joined(text) if b"\n" in text else (text, [])
    if not places:
        return
    lower = joined.lower()
    found: list[Span] = []
    for each in _TOKEN_FORMATS:
        if each.may_be_in(lower):
            found += _crossing(each, text, joined, places)
    yield from sorted(found)


def _crossing(each: _Format, text: bytes, joined: bytes, places: list[Span]) -> Iterator[Span]:
    """Matches over a line end; the first word of a further line stays when the token is whole without it."""
    complete = {start for start, _ in each.spans(text)}
    for start, end in each.spans(joined):
        first, last = _place(places, start), _place(places, end - 1) + 1
        if last - first > end - start and not _ends_line(text, last):
            cut = max(at for at, _ in places if at < end)
            if each.pattern.search(joined, max(start - 1, 0), cut):
                end, last = cut, _place(places, cut - 1) + 1
        if last - first > end - start and (first not in complete or _is_wrapped(text, first, last)):
            yield first, last


def _ends_line(text: bytes, end: int) -> bool:
    return text[end : end + 1] in (b"", b"\r", b"\n")


def _is_wrapped(text: bytes, start: int, end: int) -> bool:
    """True when a token that could end at its line goes on: a wide line, nothing behind it on the last."""
    width = text.find(b"\n", start) - text.rfind(b"\n", 0, start) - 1
    return width >= 60 and _ends_line(text, end)


def _joined(text: bytes) -> tuple[bytes, list[Span]]:
    """The text without the line ends inside words, and (place in the result, bytes left out before it)."""
    parts: list[bytes] = []
    places: list[Span] = []
    done = at = gone = 0
    while found := _BREAK.search(text, at):
        start, end = found.span(1)
        parts.append(text[done:start])
        gone += end - start
        places.append((end - gone, gone))
        done = at = end
    return b"".join([*parts, text[done:]]), places


def _place(places: list[Span], at: int) -> int:
    """The place in the original text of a place in the joined one."""
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if places[middle][0] <= at else (low, middle)
    return at + (places[low - 1][1] if low else 0)
