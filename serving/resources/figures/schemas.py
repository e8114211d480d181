"""The JSON of statistics. Shares are null where nothing was counted."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from pydantic import Field

from ..shown import InstantText, Shown


class Figures(Shown):
    """各项统计都有的。"""

    as_of: InstantText = Field(description="统计到这一刻为止；最多晚 15 秒")


class Rate(Shown):
    """首派准确率的一组。"""

    settled: int = Field(description="已办结的件数")
    right: int = Field(description="其中首派正确的：首次派遣的单位就是最后办结的单位，中间没有退单和转办")
    rate: float | None = Field(description="首派准确率")


class RateOfPeriod(Rate):
    """一个时段。"""

    start: str = Field(description="时段的第一天（受理日期）")


class RateOfZone(Rate):
    """一个分区。"""

    zone: str | None = Field(description="分区；没有分办建议的为空")


class RateOfModel(Rate):
    """一个模型版本。"""

    model: str | None = Field(description="派遣时所看建议的模型版本；没有建议的为空")


class Accuracy(Figures, Rate):
    """首派准确率。只数已办结（办结、答复、评价）的；并案和不予受理的不算。"""

    pending: int = Field(description="已派遣、还没办结的件数，不计入")
    periods: list[RateOfPeriod]
    zones: list[RateOfZone]
    models: list[RateOfModel]


class Override(Shown):
    """改派建议的一组。"""

    decided: int = Field(description="有分办建议、已派遣的件数")
    overridden: int = Field(description="其中没有派给建议第一位的")
    rate: float | None = Field(description="改动率")


class OverrideOfPeriod(Override):
    """一个时段。"""

    start: str = Field(description="时段的第一天（受理日期）")


class OverrideOfZone(Override):
    """一个分区。"""

    zone: str | None = Field(description="分区")


class Instead(Shown):
    """改派去的单位。"""

    unit: str
    n: int = Field(description="件数")


class OverrideOfUnit(Override):
    """一个单位被建议时的情况。"""

    unit: str = Field(description="建议的第一位")
    instead: list[Instead] = Field(description="实际派给了谁，最多三个")


class Overrides(Figures, Override):
    """人与建议不同的地方。"""

    periods: list[OverrideOfPeriod]
    zones: list[OverrideOfZone]
    units: list[OverrideOfUnit] = Field(description="改动最多的 20 个单位")


class Reason(Shown):
    """一种退单原因。"""

    reason: str
    n: int = Field(description="次数")


class Pair(Shown):
    """从谁退回、最后由谁办。"""

    from_unit: str = Field(alias="from", description="退单的单位")
    to: str | None = Field(description="最后办理的单位；还没有去处为空")
    n: int = Field(description="次数")


class Returns(Figures):
    """退单。"""

    returns: int = Field(description="退单次数")
    matters: int = Field(description="退过单的件数")
    decided: int | None = Field(description="这段时间已派遣的件数；按单位筛选时为空")
    reasons: list[Reason]
    pairs: list[Pair] = Field(description="最多的 30 对")
    from_units: list[str] = Field(alias="from", description="矩阵的行：退单最多的 15 个单位")
    to: list[str] = Field(description="矩阵的列：接手它们退单最多的 15 个单位")
    matrix: list[list[int]] = Field(description="次数")


class HotTopic(Shown):
    """一个主题。"""

    topic: str
    n: int = Field(description="最近七天的件数")
    before: float = Field(description="此前四周平均每周的件数")
    growth: float | None = Field(description="增长：1.0 为翻一番；此前没有为空")
    rise: float = Field(description="高出此前平均多少个标准差（按泊松分布），排序用")
    weekly: list[int] = Field(description="近八周每周的件数，最后一个是最近七天")


class Topics(Figures):
    """热点主题：最近七天比此前四周明显增多的在前。"""

    weeks: list[str] = Field(description="八周各自的第一天")
    topics: list[HotTopic] = Field(description="最多 20 个")


class StateCount(Shown):
    """一种状态。"""

    state: str
    n: int = Field(description="件数")
    overdue: int = Field(description="其中超期的")


class Flow(Shown):
    """一个时段收了多少、办完多少。"""

    start: str = Field(description="时段的第一天")
    received: int = Field(description="受理的件数")
    closed: int = Field(description="办完的件数")


class UnitLoad(Shown):
    """一个单位手上的。"""

    unit: str
    open: int = Field(description="还没办完的件数")
    overdue: int = Field(description="其中超期的")


class Workload(Figures):
    """办理情况：受理日期在所选范围内的办件。"""

    received: int = Field(description="受理的件数")
    open: int = Field(description="还没办完的")
    overdue: int = Field(description="其中超期的")
    soon: int = Field(description="其中三天内到期的")
    states: list[StateCount]
    closed: int = Field(description="已办结的（不含并案和不予受理）")
    median_days: float | None = Field(description="从受理到办结天数的中位数")
    ninth_decile_days: float | None = Field(description="九成办件在多少天内办结")
    evaluated: int = Field(description="评价过的件数")
    satisfied: int = Field(description="其中满意的")
    satisfaction: float | None = Field(description="满意率")
    periods: list[Flow]
    units: list[UnitLoad] = Field(description="超期和在办最多的 20 个单位")
