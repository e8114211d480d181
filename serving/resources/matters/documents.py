"""Reading a document that was dropped onto the page; nothing of it is kept."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, UploadFile
from pydantic import Field
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation

from ...accounts.actor import Actor  # noqa: TC001 - FastAPI reads the annotation
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ..shown import Shown
from ..uploading import read_while_connected

router = APIRouter(prefix="/api/v1", tags=["办件"])


class ReadDocument(Shown):
    """读出的文字。"""

    title: str = Field(description="标题；看不出来时为空")
    text: str = Field(description="正文，不含标题、页眉页脚和批注")
    kind: Literal["docx", "txt"] = Field(description="文件的种类")


@router.post(
    "/documents",
    operation_id="readDocument",
    summary="读出文件里的文字",
    description="读 Word 文档（.docx）或文本（.txt），返回标题和正文，不保存。需要权限 matters.write。",
    response_model=ReadDocument,
    response_description="成功",
    responses=responses(400, 401, 403, 413, 422, 503),
    openapi_extra=GUARDED,
)
async def read(
    request: Request,
    _: Annotated[Actor, Depends(permitted("matters.write"))],
    file: Annotated[UploadFile, File(description=".docx 或 .txt，至多 8 MB")],
) -> Any:
    """Answer with title and text, read in a process with limits that ends when the clerk leaves."""
    reading = Service.of(request).uploads.document(await file.read(), file.filename or "")
    return await read_while_connected(request, reading)
