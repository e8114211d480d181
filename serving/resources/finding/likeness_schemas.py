"""The JSON of what is like what: possible duplicates, hot issues, and what history says of a unit."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..fields import PastMoment, PlainText, SaidText  # noqa: TC001 - fields
from ..matters.schemas import Matter  # noqa: TC001 - a field
from ..shown import Instant, Shown
from ..suggestions.schemas import Asked


class SimilarRequest(Asked):
    """还没登记的一件，查它是不是已有人反映过。文字不保存。"""

    text: SaidText = Field(description="正文，原样即可", examples=["小区门口的路灯不亮，晚上看不清路。"])
    title: PlainText | None = Field(None, max_length=1000, description="标题")
    jurisdiction: PlainText | None = Field(
        None, max_length=200, description="属地", examples=["南宁市/青秀区"]
    )
    received_at: PastMoment | None = Field(None, description="受理时间；不填为现在")


class Piece(Shown):
    """一段文字。"""

    where: Literal["both", "here", "there"] = Field(
        description="both 两件都有、here 只有这件有、there 只有那件有"
    )
    text: str = Field(description="文字，已遮蔽")


class SimilarMatter(Shown):
    """可能重复的一件。"""

    matter: Matter = Field(description="那一件；已并案的给主件")
    kind: Literal["same_text", "same_matter"] = Field(
        description="same_text 文字几乎相同、same_matter 可能是同一件事"
    )
    similarity: float = Field(
        ge=0, le=1, description="same_text 为相同文字的比例，same_matter 为是同一件事的概率"
    )
    differences: list[str] = Field(
        description="不同之处：时间、属地、各自另外说到的词", examples=[["这件晚来 3 天", "那件另说：电梯"]]
    )
    pieces: list[Piece] = Field(description="逐词比较，各取开头 400 个词")


class SimilarList(Shown):
    """可能重复的办件。"""

    items: list[SimilarMatter] = Field(description="最像的在前，最多五件；是否并案由人决定")


class ClusterMember(Shown):
    """热点中的一件。"""

    id: int = Field(description="编号（id）")
    number: str = Field(description="办件编号")
    version: int = Field(description="版本，并案时填 If-Match")
    kind: Literal["complaint", "proposal"] = Field(description="complaint 诉求、proposal 提案")
    state: str = Field(description="状态")
    title: str = Field(description="标题；没有标题的给正文开头，已遮蔽")
    jurisdiction: str | None = Field(description="属地")
    lead_unit: str | None = Field(description="主办单位")
    received_at: Instant = Field(description="受理时间")
    may_merge: bool = Field(description="现在是否可以并入别的件")


class Cluster(Shown):
    """一个热点：多人反映的同一件事。"""

    id: int = Field(description="最有代表性的一件（id），也是热点的编号")
    title: str = Field(description="最有代表性的一件的标题或正文开头")
    size: int = Field(description="件数")
    open: int = Field(description="其中还没办完的")
    weeks: list[int] = Field(description="每周来了几件，最近七天在最后", examples=[[0, 1, 0, 2, 5]])
    growth: float | None = Field(description="最近七天是此前各周平均的几倍；此前没有的为空")
    grows: bool = Field(description="是否明显增多：最近七天至少三件，且碰巧这么多的可能不到 5%")
    topic: str | None = Field(description="最多的主题")
    places: list[str] = Field(description="最多的属地，至多三个")


class ClusterList(Shown):
    """最近几周的热点。"""

    items: list[Cluster] = Field(description="明显增多的在前，其次件数多的")
    as_of: Instant | None = Field(description="算到这一刻为止；还没有算好时为空")
    computing: bool = Field(description="是否正在重新计算；为 true 时过几秒再问")
    weeks: int = Field(description="几周")
    matters: int = Field(description="参加比较的件数，最多一万件，取最新的")


class ClusterDetail(Cluster):
    """一个热点和其中的各件。"""

    members: list[ClusterMember] = Field(description="各件，新的在前，最多 500 件")


class Risk(Shown):
    """这个单位常退这类件。"""

    unit: str = Field(description="单位")
    returned: int = Field(description="退了几件")
    of: int = Field(description="派去的几件中")
    days: int = Field(description="几天之内")
    what: str = Field(description="哪一类：主题或职能")
    reason: str = Field(description="最多的退单原因", examples=["职能不符"])
    taken_by: str | None = Field(description="退回的件后来多由谁办")
    taken: int = Field(description="其中由它办的件数")


class RiskList(Shown):
    """退单风险。"""

    items: list[Risk] = Field(
        description="只列历史足以说明问题的：90 天内至少 5 件，退单比例的 95% 置信下限（Wilson）不低于 0.3"
    )
