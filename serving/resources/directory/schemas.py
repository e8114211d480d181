"""The JSON of the directory: units, its versions, and what an import changes."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads it at runtime
from typing import Literal

from pydantic import Field

from ..shown import Instant, Shown

_KIND_TEXT = (
    "added 新增、ended 停用、renamed 更名、restored 恢复、function 职能变更、jurisdiction 属地变更、"
    "superior 上级变更、aliases 别名变更、dates 日期变更、duties 职责变更"
)


class DirectoryUnit(Shown):
    """名录中的一个单位。"""

    unit: str = Field(description="单位名称", examples=["南宁市公安局交警支队"])
    function: str | None = Field(description="职能")
    jurisdiction: str | None = Field(description="属地")
    superior: str | None = Field(description="上级单位")
    aliases: list[str] = Field(description="别名")
    valid_from: dt.date | None = Field(description="启用日期")
    valid_until: dt.date | None = Field(description="停用日期")
    current: bool = Field(description="今天是否启用")


class UnitPage(Shown):
    """名录的一页。"""

    items: list[DirectoryUnit] = Field(description="本页的单位")
    total: int = Field(description="符合条件的单位总数")
    limit: int = Field(description="每页个数")
    offset: int = Field(description="本页之前的个数")


class Former(Shown):
    """以前的名称或单位。"""

    name: str = Field(description="名称")
    until: str | None = Field(description="到什么时候为止；不知道时为空")
    change: str = Field(description="更名、合并、拆分、职责划转之一")


class UnitEntry(DirectoryUnit):
    """单位的一项职能：职责和来历。"""

    duties: list[str] = Field(description="这一职能的职责")
    predecessors: list[Former] = Field(description="单位以前的名称")
    function_predecessors: list[Former] = Field(description="这一职能以前由谁承担")


class UnitFacts(Shown):
    """一个单位的全部情况。承担几项职能的，每项一条。"""

    unit: str = Field(description="单位名称")
    entries: list[UnitEntry] = Field(description="各项职能")
    successor: str | None = Field(description="已停用的，现在由谁承接；不知道时为空")
    suggestible: bool = Field(description="现用模型能否建议这个单位；不能的，可先试用，待再次训练")


class Version(Shown):
    """名录的一个版本。"""

    id: int = Field(description="编号")
    at: Instant = Field(description="启用的时刻")
    by: str = Field(description="谁导入的")
    note: str = Field(description="说明")
    fingerprint: str = Field(description="内容的 SHA-256")


class DirectoryState(Shown):
    """现用的名录。"""

    version: Version | None = Field(description="版本；从未导入、沿用模型自带名录时为空")
    fingerprint: str = Field(description="内容的 SHA-256，与 ETag 相同")
    units: int = Field(description="今天启用的单位数")
    ended: int = Field(description="已停用的单位数")
    functions: int = Field(description="职能数")


class VersionPage(Shown):
    """一页版本，新的在前。"""

    items: list[Version] = Field(description="版本")
    next: str | None = Field(description="取下一页时的 cursor；没有下一页时为 null")
    total: int = Field(description="版本总数")


class Change(Shown):
    """一处变化。"""

    kind: Literal[
        "added",
        "ended",
        "renamed",
        "restored",
        "function",
        "jurisdiction",
        "superior",
        "aliases",
        "dates",
        "duties",
    ] = Field(description=_KIND_TEXT)
    label: str = Field(description="变化的名称", examples=["更名"])
    unit: str = Field(description="单位（变化之后的名称）；duties 是职能")
    was: str = Field(description="以前")
    now: str = Field(description="以后")


class ChangeList(Shown):
    """一个版本与前一个版本相比的变化。"""

    items: list[Change] = Field(description="变化")
    counts: dict[str, int] = Field(description="每种变化的处数")


class RowNote(Shown):
    """读名单时作的推断，请核对。"""

    row: int = Field(description="第几行，表头是第 1 行")
    unit: str = Field(description="单位名称")
    text: str = Field(description="推断", examples=["没写属地，按名称认作“南宁市/兴宁区”"])


class UnreadableRow(Shown):
    """读不了、没有计入的一行。"""

    row: int = Field(description="第几行，表头是第 1 行")
    column: str = Field(description="哪一列；说不上来时为空")
    reason: str = Field(description="原因")


class Guess(Shown):
    """名单没有写明、推断出来的更名。"""

    unit: str = Field(description="新名称")
    was: str = Field(description="旧名称")


class Preview(Shown):
    """导入之后会变成怎样；什么也没有写入。"""

    base: str = Field(description="现用名录的 SHA-256，生效时放进 If-Match（加引号）")
    fingerprint: str = Field(description="导入之后的 SHA-256，生效时作为 fingerprint")
    on: dt.date = Field(description="从哪天起算，生效时原样带上")
    within: str | None = Field(description="名单管哪个属地；为空时是全部")
    listed: int = Field(description="名单上读到的行数")
    outside: int = Field(description="属地不在范围内、不动的单位数")
    units: int = Field(description="导入之后启用的单位数")
    changes: list[Change] = Field(description="变化")
    counts: dict[str, int] = Field(description="每种变化的处数")
    guesses: list[Guess] = Field(description="推断出来的更名；不对的，生效时放进 separate")
    notes: list[RowNote] = Field(description="读名单时作的推断")
    unreadable: list[UnreadableRow] = Field(description="读不了的行")
