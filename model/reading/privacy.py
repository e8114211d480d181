"""Finding and masking personal data before anything is stored, logged or shown as evidence.

Masked: mobile and landline numbers, identity numbers (also malformed ones), bank cards, licence
plates, e-mail addresses, house numbers. Roads, communities and districts stay: routing needs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import HIDDEN

MASKS = {
    "email": "[邮箱]",
    "identity": "[证件号]",
    "card": "[卡号]",
    "mobile": "[手机号]",
    "landline": "[电话]",
    "number": "[号码]",
    "plate": "[车牌]",
    "house": "[门牌]",
}
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NUMERAL = "0-9０-９"
_SEP = r"[\s\-—－.·]?"
_STOREYS = "楼|栋|幢|座|单元|室|房"
_NO_HOUSE_AFTER = "线楼盘码公告文令台风晚早上下中凌开来去就我他被停到至起以发才还左的和机厅车井水岸轮门窗"
_HOUSE = (
    rf"(?:(?<![月{_NUMERAL}])[{_NUMERAL}]{{1,5}}[A-Za-z]?(?:-[0-9]{{1,5}})*号?(?:{_STOREYS})"
    rf"(?:[\s,，-]*[{_NUMERAL}A-Za-z一二三四五六七八九十东西]{{1,5}}(?:号楼|层|号|{_STOREYS}))*"
    rf"(?:[\s-]?[{_NUMERAL}]{{3,4}}(?![{_NUMERAL}年元万亿多米人户亩个吨度%]))?"
    rf"|(?:(?<=[路街巷弄])|(?<=大道))[{_NUMERAL}]{{1,5}}(?:-[0-9]{{1,4}})?号(?!线)"
    rf"|(?<![月{_NUMERAL}])[{_NUMERAL}]{{1,5}}(?:-[0-9]{{1,4}})?号(?![{_NO_HOUSE_AFTER}]))"
)
_PATTERN = re.compile(
    rf"(?P<email>[A-Za-z0-9._%+-]{{1,64}}@[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}})+)"
    rf"|(?P<identity>(?<![{_NUMERAL}])[1-9１-９](?:{_SEP}[{_NUMERAL}]){{13,16}}{_SEP}[{_NUMERAL}XxＸｘ]?(?!{_SEP}[{_NUMERAL}]))"
    rf"|(?P<card>(?<![{_NUMERAL}])(?:[{_NUMERAL}]{_SEP}){{15,18}}[{_NUMERAL}](?![{_NUMERAL}]))"
    rf"|(?P<mobile>(?<![{_NUMERAL}])(?:\+?86[\s-]?)?[1１][3-9３-９](?:{_SEP}[{_NUMERAL}]){{9}}(?![{_NUMERAL}]))"
    rf"|(?P<landline>(?<![{_NUMERAL}])(?:[(（]?[0０][{_NUMERAL}]{{2,3}}[)）]?[\s\-—－]?)[{_NUMERAL}]{{7,8}}(?![{_NUMERAL}])"
    rf"|(?<![{_NUMERAL}])[2-8２-８][{_NUMERAL}]{{6,7}}(?![{_NUMERAL}元年月万亿.个吨米平%]))"
    rf"|(?P<number>(?<![{_NUMERAL}])[{_NUMERAL}]{{9,}}(?![{_NUMERAL}]))"
    rf"|(?P<plate>[{_PROVINCES}][A-Za-z][·•\s]?[A-Za-z0-9]{{4,5}}[A-Za-z0-9学警挂](?![A-Za-z0-9]))"
    rf"|(?P<house>{_HOUSE})"
)
_CANDIDATE = re.compile(r"[0-9０-９@]")
_MASKED = re.compile("|".join(re.escape(name) for name in MASKS.values()))
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
    if not _CANDIDATE.search(text):
        return []
    found: list[PersonalData] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "number"
        if kind == "landline" and _DATE_NUMBER.fullmatch(match.group()):
            continue
        if kind == "identity" and _DATE_RANGE.fullmatch(match.group().rstrip()):
            continue
        found.append(PersonalData(match.start(), match.end(), kind))
    return found


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
