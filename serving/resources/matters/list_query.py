"""What a list of matters may be asked for in its query."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from ...desk.lists.listing import Sort  # noqa: TC001 - pydantic reads the annotations
from ...desk.lists.narrowing import Wanted
from ..fields import Cursor, Id, Limit, NearDay, NearMoment, PlainText, beginning_of
from .schemas import Form, KindName, LaneName  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from ...accounts.actor import Actor

_DAY = dt.timedelta(days=1)


class ListQuery(BaseModel):
    """The query of ``GET /submissions``; an operation takes it as ``Annotated[ListQuery, Query()]``."""

    state: list[str] | None = Field(
        None, max_length=20, description="状态，可以多个", examples=[["待派遣", "退单"]]
    )
    open: bool | None = Field(None, description="true 只要还没办完的，false 只要已办完的")
    zone: Literal["auto", "confirm", "manual"] | None = Field(None, description="分区")
    kind: KindName | None = Field(None, description="complaint 诉求、proposal 提案")
    form: Form | None = Field(None, description="形式")
    lane: LaneName | None = Field(None, description="办理通道")
    unit: PlainText | None = Field(None, max_length=200, description="主办单位")
    topic: PlainText | None = Field(None, max_length=200, description="主题，或第一级主题")
    jurisdiction: PlainText | None = Field(None, max_length=200, description="属地，含其下级")
    number: PlainText | None = Field(None, max_length=20, description="办件编号")
    overdue: bool | None = Field(None, description="是否还没办完且已超期")
    due_before: NearMoment | None = Field(None, description="办理时限早于")
    received_from: NearDay | None = Field(None, description="受理日期从（北京时间）")
    received_to: NearDay | None = Field(None, description="受理日期到，含当日")
    merged_into: Id | None = Field(None, description="并入某一件（id）的")
    q: PlainText | None = Field(None, max_length=200, description="全文检索")
    mine: bool = Field(False, description="只要我经手过的")
    sort: Sort = Field("deadline", description="顺序")
    limit: Limit = 50
    cursor: Cursor = None

    def wanted(self, actor: Actor) -> Wanted:
        """Return which matters are wanted, as the desk says it."""
        return Wanted(
            states=tuple(dict.fromkeys(self.state or ())),
            open=self.open,
            zone=self.zone,
            kind=self.kind,
            form=self.form,
            lane=self.lane,
            unit=self.unit,
            topic=self.topic,
            jurisdiction=self.jurisdiction,
            number=self.number,
            overdue=self.overdue,
            due_before=self.due_before,
            received_from=beginning_of(self.received_from) if self.received_from else None,
            received_to=beginning_of(self.received_to) + _DAY if self.received_to else None,
            merged_into=self.merged_into,
            q=self.q,
            mine=actor.label if self.mine else None,
        )
