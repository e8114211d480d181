"""Finding and masking personal data before anything is stored, logged or shown as evidence.

Masked: mobile and landline numbers with their extensions, identity numbers (also malformed ones),
passports, bank cards, licence plates, e-mail addresses, names of accounts (WeChat, QQ), house numbers.
Roads, communities and districts stay, for routing needs them, and so do amounts and dates. All are looked
for in a copy without disguises (see ``disguises``) and masked where they stand in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .disguises import see_through
from .split_numbers import find_split_numbers
from .text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASKS = {
    "email": "[邮箱]",
    "identity": "[证件号]",
    "card": "[卡号]",
    "mobile": "[手机号]",
    "landline": "[电话]",
    "number": "[号码]",
    "plate": "[车牌]",
    "house": "[门牌]",
    "account": "[账号]",
}
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SEP = r"[\s\-—－.·]?"
_AMOUNT = r"元(?![旦宵])|[万亿]|人民币|块钱|[美港欧日]元|平方|立方|平米|[吨斤克亩%㎡]|公[斤里顷]|千[克米瓦]"
_END = rf"(?![0-9]|{_AMOUNT})"
_EXTENSION = (
    r"(?:\s?(?:转分机|转|分机|[Ee][Xx][Tt]\.?|#)[号是:：\s]?[0-9]{1,6}(?![0-9路号线楼栋年月日元人]))?"
)
_STOREYS = "楼|栋|幢|座|单元|室|房"
_NO_HOUSE_AFTER = "线楼盘码公告文令台风晚早上下中凌开来去就我他被停到至起以发才还左的和机厅车井水岸轮门窗"
_HOUSE = (
    rf"(?:(?<![月0-9])[0-9]{{1,5}}[A-Za-z]?(?:-[0-9]{{1,5}})*号?(?:{_STOREYS})"
    rf"(?:[\s,，-]*[0-9A-Za-z一二三四五六七八九十东西]{{1,5}}(?:号楼|层|号|{_STOREYS}))*"
    r"(?:[\s-]?[0-9]{3,4}(?![0-9年元万亿多米人户亩个吨度%]))?"
    r"|(?:(?<=[路街巷弄])|(?<=大道))[0-9]{1,5}(?:-[0-9]{1,4})?号(?!线)"
    # not the number of a document: 〔2024〕15号, 民初1234号, 第2024号
    rf"|(?<![月0-9第初终字〕\]】])(?<!(?:19|20)[0-9]{{2}}[)）])[0-9]{{1,5}}(?:-[0-9]{{1,4}})?号(?![{_NO_HOUSE_AFTER}]))"
)
_PATTERN = re.compile(
    # most characters begin nothing; this says so before ten alternatives are tried
    rf"(?=[0-9A-Za-z._%+(（护港通回台军{_PROVINCES}-])(?:"
    r"(?P<email>[A-Za-z0-9._%+-]{1,64} ?@ ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}|。(?:com|cn|net|org))+)"
    rf"|(?P<identity>(?<![0-9])[1-9](?:{_SEP}[0-9]){{13,16}}{_SEP}[0-9Xx]?(?!{_SEP}[0-9])(?!{_AMOUNT}))"
    rf"|(?P<card>(?<![0-9])(?:[0-9]{_SEP}){{15,18}}[0-9]{_END})"
    rf"|(?P<mobile>(?<![0-9])(?:\+?86[\s-]?)?(?:1[3-9](?:{_SEP}[0-9]){{9}}|1 [3-9](?: [0-9]){{9}}){_END})"
    rf"|(?P<landline>(?<![0-9])[(（]?0[0-9]{{2,3}}[)）]?[\s\-—－]?(?:[0-9]{{7,8}}|[0-9]{{3,4}}[\s\-—－.][0-9]{{4}})(?![0-9])"
    rf"(?:-[0-9]{{2,5}}(?![0-9号栋楼]))?{_EXTENSION}"
    r"|(?<![0-9])\+?85[23][\s-]?[2-9][0-9]{3}[\s-]?[0-9]{4}(?![0-9])"
    rf"|(?<![0-9])[2-8][0-9]{{6,7}}(?![0-9元年月万亿.个吨米平%]){_EXTENSION})"
    r"|(?P<passport>(?<![A-Za-z0-9])(?:[EeGg][0-9]{8}|[Ee][A-Za-z][0-9]{7})(?![A-Za-z0-9])"
    r"|护照(?:号码?|编号)?[是为:：\s]{0,3}[A-Za-z]{1,2}[0-9]{6,8}(?![A-Za-z0-9])"
    r"|(?:港澳通行证|通行证|回乡证|台胞证|军官证)(?:号码?|编号)?[是为:：\s]{0,3}(?:军字第)?[A-Za-z]?[0-9]{7,10}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])[CHMW][0-9]{8,10}(?=(?:的|号)?(?:港澳通行证|通行证|回乡证|台胞证)))"
    rf"|(?P<number>(?<![0-9])[0-9]{{9,}}{_END})"
    rf"|(?P<plate>[{_PROVINCES}][A-Za-z][·•・\s\-—_]?[A-Za-z0-9]{{4,5}}[A-Za-z0-9学警挂港澳领使试超](?![A-Za-z0-9]))"
    rf"|(?P<house>{_HOUSE}))"
)
_KIND_OF_GROUP = {"passport": "identity"}
_ID = r"[A-Za-z][A-Za-z0-9_\-]{4,19}|[0-9]{5,12}"
_IS = r"\s?(?:号码?|账号|帐号|[Ii][Dd])?(?:[是为叫=:：]|\s){0,3}"
_WHERE = (
    r"[微威薇]信|[Vv]信|[Ww]e[Cc]hat|[Ww]eixin|[VvWw][Xx]|[Qq]{2}群?|扣扣|企鹅|抖音|快手|钉钉|支付宝|微博"
)
_ADDED = r"[加＋+](?:[我个下]|一下)?(?:微信?|[Vv]信?|[Vv][Xx]|[Qq]{2})"
# after the name of a place where people have accounts; alone after it, only what looks like no word counts
_ACCOUNT = re.compile(
    rf"(?:{_WHERE})(?P<said>{_IS})(?P<id>{_ID})(?![A-Za-z0-9_])|{_ADDED}{_IS}(?P<contact>{_ID})(?![A-Za-z0-9_])"
)
_ACCOUNT_LIKE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{4}")
_CANDIDATE = re.compile(r"[0-9@]")
_MASKED = re.compile("|".join(re.escape(name) for name in MASKS.values()))
_AMOUNTS = frozenset({"mobile", "number", "card", "landline", "identity"})
_IS_AMOUNT = re.compile(rf"\s?(?:{_AMOUNT}|[人户个次条米])")
_NUMBERED = frozenset({"QQ", "qq", "Qq", "qQ", "扣扣"})
_DATE_NUMBER = re.compile(r"(?:19|20)\d{2}[01]\d[0-3]\d")
_DATE = r"(?:19|20)\d{2}[\s.\-]?[01]\d[\s.\-]?[0-3]\d"
_DATE_RANGE = re.compile(rf"{_DATE}[\s\-—－]{_DATE}")


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Characters ``start`` to ``end`` of a text hold personal data of this kind."""

    start: int
    end: int
    kind: str


def find_personal_data(text: str) -> list[PersonalData]:
    """Return the places in ``text`` to be masked, in order, not overlapping."""
    view = see_through(text)
    found: list[PersonalData] = []
    if _CANDIDATE.search(view.text):
        found = _merge(_match_patterns(view.text), find_split_numbers(view.text))
    if _ACCOUNT_LIKE.search(view.text):
        accounts = [item for item in _find_accounts(view.text) if not _touches(item, found)]
        found = sorted([*found, *accounts], key=lambda item: item.start)
    if view.offsets is None:
        return found
    return [PersonalData(*view.to_original(item.start, item.end), item.kind) for item in found]


def _match_patterns(text: str) -> list[PersonalData]:
    found = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "number"
        if kind == "landline" and _DATE_NUMBER.fullmatch(match.group()):
            continue
        if kind == "identity" and _DATE_RANGE.fullmatch(match.group().rstrip()):
            continue
        if kind in _AMOUNTS and text[match.start() - 1 : match.start()] in ("¥", "￥", "$"):
            continue
        found.append(PersonalData(match.start(), match.end(), _KIND_OF_GROUP.get(kind, kind)))
    return found


def _find_accounts(text: str) -> Iterator[PersonalData]:
    for match in _ACCOUNT.finditer(text):
        group = "id" if match["id"] else "contact"
        named = match[group]
        explicit = group == "contact" or match["said"].strip() or match.group()[:2] in _NUMBERED
        if named.isdigit() and (not explicit or _IS_AMOUNT.match(text, match.end())):
            continue
        if explicit or not named.isalpha():
            yield PersonalData(match.start(group), match.end(group), "account")


def _touches(item: PersonalData, others: Iterable[PersonalData]) -> bool:
    return any(item.start < other.end and other.start < item.end for other in others)


def _merge(found: list[PersonalData], split: list[tuple[int, int, str]]) -> list[PersonalData]:
    """Return both; a number found in parts takes in what a pattern saw of it."""
    for start, end, kind in split:
        inside = [item for item in found if item.start < end and start < item.end]
        first = min([start, *(item.start for item in inside)])
        last = max([end, *(item.end for item in inside)])
        found = [item for item in found if item not in inside] + [PersonalData(first, last, kind)]
    return sorted(found, key=lambda item: item.start)


def mask(text: str) -> str:
    """Return ``text`` with every piece of personal data replaced by the name of its kind."""
    pieces: list[str] = []
    previous = 0
    for item in find_personal_data(text):
        pieces += [text[previous : item.start], MASKS[item.kind]]
        previous = item.end
    return "".join([*pieces, text[previous:]]) if pieces else text


def hide(text: str) -> str:
    """Blot out personal data without moving any character, for the model to read.

    A text that was masked before looks the same to the model as the text itself.
    """
    characters: list[str] | None = None
    for item in find_personal_data(text):
        characters = characters or list(text)
        characters[item.start : item.end] = HIDDEN * (item.end - item.start)
    hidden = "".join(characters) if characters else text
    return _MASKED.sub(lambda match: HIDDEN * len(match.group()), hidden) if "[" in hidden else hidden
