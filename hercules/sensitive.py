"""The kinds of secrets and personal data: what each looks like, and what only looks like it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

Span = tuple[int, int]
Finder = Callable[[re2._Regexp, bytes], Iterator[Span]]
"""The spans to hide in a text, rising, by what a pattern matches in it."""
Judge = Callable[[bytes, int, int], bool]
"""Whether a match from start to end of a text is what its pattern looks for."""


def byte_options() -> re2.Options:
    """Byte patterns: text is matched as UTF-8 bytes, so that places need no counting of characters."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def compiled(pattern: bytes) -> re2._Regexp:
    """A byte pattern, ready to match."""
    return re2.compile(pattern, byte_options())


_MARKER = compiled(rb"\[(?:token|secret|private-key|cookie|email|ip|card)(?:-[0-9]+)?\]")

# --- formats ----------------------------------------------------------------------------------------

# The token is group 1 where there is one: weak prefixes need a border before them (RE2 has no look-behind).
_B = rb"(?:^|[^A-Za-z0-9])"
_TOKENS: tuple[bytes, ...] = (
    rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    rb"gh[pousr]_[A-Za-z0-9]{36,255}",
    rb"github_pat_[A-Za-z0-9_]{22,255}",
    rb"gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_\-]{20,300}",
    rb"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9\-]{10,255}",
    rb"xapp-[0-9]-[A-Za-z0-9\-]{20,255}",
    rb"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_+]{20,})",
    rb"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}",
    rb"whsec_[A-Za-z0-9+/=]{24,128}",
    rb"AIza[0-9A-Za-z_\-]{35}",
    rb"ya29\.[0-9A-Za-z_\-]{20,}",
    rb"GOCSPX-[A-Za-z0-9_\-]{28}",
    rb"npm_[A-Za-z0-9]{36}",
    rb"pypi-[A-Za-z0-9_\-]{50,}",
    rb"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{27,}",
    rb"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}",
    _B + rb"(key-[0-9a-f]{32})",
    _B + rb"([0-9a-f]{32}-us[0-9]{1,2})",
    _B + rb"((?:SK|AC)[0-9a-f]{32})",
    _B + rb"(sk-[A-Za-z0-9_\-]{20,255})",
    _B + rb"(hf_[A-Za-z0-9]{30,40})",
    rb"do[opr]_v1_[a-f0-9]{64}",
    rb"AT(?:ATT3|CTT3)[A-Za-z0-9_=\-]{50,}",
    rb"ATBB[A-Za-z0-9]{32}",
    rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    rb"sq0(?:atp|csp)-[A-Za-z0-9_\-]{22,43}",
    rb"dapi[0-9a-f]{32}(?:-[0-9])?",
    rb"hv[sbr]\.[A-Za-z0-9_\-]{24,}",
    rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,}",
    rb"NRAK-[A-Z0-9]{27}",
    rb"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}",
    _B + rb"(glc_[A-Za-z0-9+/=]{32,})",
    rb"sntry[su]_[A-Za-z0-9+/=_\-]{20,}",
    rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,}",
    rb"ntn_[A-Za-z0-9]{40,}",
    _B + rb"(secret_[A-Za-z0-9]{43})",
    rb"figd_[A-Za-z0-9_\-]{40,}",
    rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    rb"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}",
    _B + rb"([0-9]{8,10}:AA[A-Za-z0-9_\-]{33})",
    rb"/api/webhooks/([0-9]{17,20}/[A-Za-z0-9_\-]{60,})",
    _B + rb"([MNO][A-Za-z0-9_\-]{23,25}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38})",
    _B + rb"(EAA[A-Za-z0-9_\-]{60,})",
    _B + rb"(sl\.[A-Za-z0-9_\-]{130,})",
    rb"rubygems_[a-f0-9]{48}",
    rb"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}",
    _B + rb"(dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._\-]{40,64})",
    rb"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.\-]{32,64}",
    rb"sbp_[a-f0-9]{40}",
    _B + rb"(pat[A-Za-z0-9]{14}\.[a-f0-9]{64})",
    rb"pat-(?:na|eu)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    rb"AGE-SECRET-KEY-1[0-9A-Z]{58}",
    _B + rb"(LTAI[A-Za-z0-9]{12,26})",
    rb"AKCp[A-Za-z0-9]{60,}",
    _B + rb"(pul-[a-f0-9]{40})",
    rb"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    rb"tskey-[a-z]+-[A-Za-z0-9\-]{20,}",
    rb"HRKU-[A-Za-z0-9_\-]{36,}",
    _B + rb"(nfp_[A-Za-z0-9]{36,})",
    rb"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,3}",
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
_NAMED = compiled(
    rb"(?i)(" + _SECRET_NAMES + rb")[0-9]{0,2}((?:\\*[\"'\]])?[ \t]*(?:=>|:=|[:=]|%3d)[ \t]*)" + _VALUE
)
_FLAG = compiled(rb"(?i)(--?[a-z-]{0,30}(?:password|passwd|secret|token|api-?key|requirepass)) +()" + _VALUE)
_SPACED = compiled(
    rb"(?i)(\b(?:requirepass|masterauth|identified +by(?: +password)?|sshpass +-p)) +()" + _VALUE
)
_XML = compiled(
    rb"(?i)(<[a-z0-9_.:-]{0,60}" + _SECRET_NAMES + rb")( *(?: [^<>]{0,200})?>)()()()([^<>\r\n]+)<"
)
_ATTRIBUTE = compiled(
    rb"(?i)(name=[\"'][a-z0-9_.-]{0,80}" + _SECRET_NAMES + rb")([\"'] +value=|[\"'] *>)" + _VALUE
)
_COOKIE = compiled(
    rb"(?i)\b(?:set-)?cookie2?\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?([a-z0-9_.$!#%&*+^|~-]+=[^\"'\r\n\\]*)"
)
_AUTHORIZATION = compiled(
    rb"(?i)authorization\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?"
    rb"(?:(?:bearer|basic|token|negotiate|ntlm|apikey|ssws|genie-?key) +([^\s\"',;\\]{4,})"
    rb"|(?:digest|aws4-hmac-sha256|signature|hawk|oauth) +([^\r\n]{8,})|([^\s\"',;\\]{12,}))"
)
_BEARER = compiled(rb"(?i)\b(?:bearer|ssws) +([A-Za-z0-9._~+/=\-]{16,})")
_BASIC = compiled(rb"(?i)\bbasic +([A-Za-z0-9+/]{8,}={0,2})")
_USERINFO = compiled(rb"(?i)[a-z][a-z0-9+.-]{1,30}://([^\s/\"'<>\[\]]+)@")
_ORACLE = compiled(rb"(?i)jdbc:oracle:[a-z0-9]+:([^\s/@]{1,128}/[^\s@]{1,128})@")
_MAIL = compiled(
    rb"(?i)(?:[a-z0-9._%+'&\-]|[\xc3-\xd4][\x80-\xbf]){1,64}(?:@|%40)"
    rb"(?:(?:[a-z0-9\-]|[\xc3-\xd4][\x80-\xbf]){1,63}\.){1,8}(?:xn--[a-z0-9\-]{2,40}|[a-z]{2,24})"
)
_IPV4 = compiled(rb"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_IPV4_DASHED = compiled(rb"\bip-([0-9]{1,3}(?:-[0-9]{1,3}){3})\b")
_IPV6 = compiled(rb"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f]")
# An address has seven colons, six before an IPv4 address, or two in a row; a time of the day has two apart.
_IPV6_HINT = rb"::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){6}[0-9A-Fa-f]"
_CARD = compiled(
    rb"[0-9]{13,19}|[0-9]{4}(?:-[0-9]{4}){3}(?:-[0-9]{3})?|[0-9]{4}(?: [0-9]{4}){3}(?: [0-9]{3})?"
    rb"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
)
_CARD_BRAND = compiled(
    rb"^(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}"
    rb"|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14}|6(?:011|5[0-9]{2}|4[4-9][0-9]|2[0-9]{2})[0-9]{12,15})$"
)
_PEM_LINE = compiled(rb"(?m)^[ \t]*([A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{76})\r?$")
_VERSION_BEFORE = compiled(rb"(?i)(?:version|release|build|\bver|\brev|\bv|firmware|driver)[\s:=\"'()v]*$")
_PRODUCT_BEFORE = compiled(rb"(?:^|[^A-Za-z0-9.-])[A-Z][A-Za-z]*/$")

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
    return b":" in (decoded(text[start:end]) or b"")


def _is_userinfo(text: bytes, start: int, end: int) -> bool:
    found = text[start:end]
    return not _is_only_markers(found) and (b":" in found or len(found) >= 20)


def decoded(found: bytes) -> bytes | None:
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


# --- the table: what is looked for, in this order -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: the word of its marker, its pattern, how matches become spans to hide.

    `hint` is a cheaper or a stricter pattern that every text with such a secret matches too.
    """

    marker: str
    pattern: re2._Regexp
    find: Finder
    hint: bytes = b""

    def spans(self, text: bytes) -> Iterator[Span]:
        """The places of such secrets in a text, rising."""
        return self.find(self.pattern, text)


def judged(judge: Judge) -> Finder:
    """Finds the last group of each match (all of it where there is none) that the judge agrees with."""

    def find(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
        for found in pattern.finditer(text):
            start, end = found.span(found.lastindex or 0)
            if end > start and judge(text, start, end):
                yield start, end

    return find


def _named_spans(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
    """Values after a secret-like name: group 1 ends with the name, the last group is the value."""
    for found in pattern.finditer(text):
        start, end = found.span(found.lastindex or 0)
        border = text[found.end(1) : start]
        quoted = text[start - 1 : start] in (b'"', b"'")
        name = found.group(1)
        if not quoted:
            end = start + len(text[start:end].rstrip(b")]}.")) if b"[" not in text[start:end] else end
        if end > start and _is_value(name, border, text[start:end], quoted):
            yield start, end


TOKENS = tuple(Kind("token", compiled(pattern), judged(_is_token)) for pattern in _TOKENS)
HEADERS = (
    Kind("token", _AUTHORIZATION, judged(_always)),
    Kind("token", _BEARER, judged(_always)),
    Kind("token", _BASIC, judged(_is_basic)),
    Kind("secret", _USERINFO, judged(_is_userinfo)),
    Kind("secret", _ORACLE, judged(_always)),
    Kind("private-key", _PEM_LINE, judged(_is_key_line)),
)
NAMED = tuple(Kind("secret", pattern, _named_spans) for pattern in (_NAMED, _FLAG, _SPACED, _XML, _ATTRIBUTE))
PERSONAL = (
    Kind("cookie", _COOKIE, judged(_is_cookie)),
    Kind("email", _MAIL, judged(_is_mail)),
    Kind("ip", _IPV4, judged(_is_ipv4)),
    Kind("ip", _IPV4_DASHED, judged(_always)),
    Kind("ip", _IPV6, judged(_is_ipv6), hint=_IPV6_HINT),
    Kind("card", _CARD, judged(_is_card)),
)
