"""Versions of the directory: which counts, what a city's list would change, taking one in."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - FastAPI reads the annotations
import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import JSONResponse, Response

from fenban.model import mask

from ...accounts.actor import Actor
from ...desk.directory.changes import CHANGE_NAMES, find_changes
from ...desk.directory.imports import ImportOptions, Proposal, propose
from ...http.dependencies import permitted
from ...http.problems import MissingIfMatchError, responses
from ...http.service import GUARDED, Service
from ...jobs import write_version
from ...store import directories, idempotency
from ...store.errors import ChangedMeanwhileError, RefusedError
from ...store.idempotency import Kept
from ..fields import Cursor, Limit, NearDay, PathId, PlainText, cursor_of, row_after
from ..uploading import read_while_connected
from ..writing import Key  # noqa: TC001 - FastAPI reads the annotation
from . import schemas
from .units import Reader, today

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fenban.model import Directory
    from fenban.training import ListedUnit

    from ...desk.directory.changes import Change
    from ...desk.directory.files import Unreadable
    from ...store.directories import Effective

router = APIRouter(prefix="/api/v1", tags=["名录"])
Editor = Annotated[Actor, Depends(permitted("directory.write"))]
Table = Annotated[UploadFile, File(description="单位名单，.xlsx、.csv 或 .jsonl，第一行是表头")]
Complete = Annotated[bool, Form(description="名单是全的：没有列出的单位停用；false 只增改")]
Within = Annotated[
    PlainText,
    Form(max_length=200, description="名单管哪个属地，以外的不动；空：名单都在一个市时就是那个市；*：不限"),
]
Separate = Annotated[
    list[Annotated[PlainText, Form(max_length=200)]],
    Form(max_length=1000, description="不是由旧单位更名而来的新单位（预览中 guesses 推断错的）"),
]


def _read_options(
    complete: Complete = True,
    within: Within = "",
    on: Annotated[NearDay | None, Form(description="从哪天起算，不填是今天")] = None,
    separate: Separate = [],  # noqa: B006 - FastAPI copies it
) -> ImportOptions:
    return ImportOptions(on or today(), complete, within or None, frozenset(separate))


Options = Annotated[ImportOptions, Depends(_read_options)]


@router.get(
    "/directory",
    operation_id="describeDirectory",
    summary="说明现用的名录",
    description="现用名录的版本、指纹和单位数。需要权限 directory.read。",
    response_model=schemas.DirectoryState,
    response_description="成功",
    responses=responses(401, 403, 503),
    openapi_extra=GUARDED,
)
def describe(request: Request, response: Response, _: Reader) -> Any:
    """Answer with the version that counts."""
    effective = Service.of(request).live_directory.get()
    units = _count_current(effective.directory)
    response.headers["ETag"] = f'"{effective.fingerprint}"'
    return {
        "version": effective.version,
        "fingerprint": effective.fingerprint,
        "units": units,
        "ended": len(effective.directory.units) - units,
        "functions": len(effective.directory.functions),
    }


@router.post(
    "/directory/preview",
    operation_id="previewDirectory",
    summary="预览导入名单的结果",
    description="读一份单位名单，说明它会使现用名录有哪些变化，什么也不写入。需要权限 directory.write。",
    response_model=schemas.Preview,
    response_description="成功",
    responses=responses(400, 401, 403, 413, 422, 503),
    openapi_extra=GUARDED,
)
async def preview(
    request: Request, response: Response, _: Editor, file: Table, options: Options
) -> schemas.Preview:
    """Answer with what would change."""
    listed, unreadable = await _read(request, await file.read(), file.filename)
    live = Service.of(request).live_directory

    def compare() -> schemas.Preview:
        effective = live.get()
        return _show_preview(
            effective, propose(effective.directory, listed, options), len(listed), unreadable
        )

    shown = await run_in_threadpool(compare)
    response.headers["ETag"] = f'"{shown.base}"'
    return shown


@router.post(
    "/directory/versions",
    operation_id="addDirectoryVersion",
    summary="导入名单，成为新版本",
    description=(
        "把预览过的名单写成新版本，立即生效。文件和选项与预览时相同；If-Match 是预览给出的 base（加引号），"
        "fingerprint 是预览给出的结果，两者有一个不符就不写入。需要权限 directory.write。"
    ),
    status_code=201,
    response_model=schemas.Version,
    response_description="成功",
    responses=responses(400, 401, 403, 409, 412, 413, 422, 428, 503),
    openapi_extra=GUARDED,
)
async def add_version(
    request: Request,
    actor: Editor,
    file: Table,
    options: Options,
    fingerprint: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$", description="预览给出的 fingerprint")],
    note: Annotated[PlainText, Form(max_length=500, description="说明，例如依据的文件")] = "",
    if_match: Annotated[
        str | None, Header(alias="If-Match", max_length=100, description="预览给出的 base，加引号")
    ] = None,
    key: Key = None,
) -> Response:
    """Write the version that was looked at."""
    if if_match is None:
        raise MissingIfMatchError
    service = Service.of(request)
    content, note = await file.read(), mask(note)
    owner = f"{actor.label}#{actor.user_id}"
    asked = _digest(content, options, fingerprint, note, if_match)
    # worked out before the transaction: a province takes a second or two, in which others may write
    seen = await run_in_threadpool(service.live_directory.get)
    named = if_match.strip().removeprefix("W/").strip('"') in (seen.fingerprint, "*")
    listed = (await _read(request, content, file.filename))[0] if named else None

    def write() -> Kept:
        proposal = propose(seen.directory, listed, options) if listed is not None else None
        with service.database.writing() as session:
            kept = idempotency.claim(session, key, owner, asked) if key else None
            if kept is not None:
                return kept
            effective = service.live_directory.seen_by(session)
            if proposal is None or effective.fingerprint != seen.fingerprint:
                raise ChangedMeanwhileError(effective.version.id if effective.version else 0)
            _refuse_other_result(proposal, effective, fingerprint)
            version = write_version(session, proposal, actor.label, note, expected=effective.fingerprint)
            shown = schemas.Version.model_validate(version).model_dump(mode="json")
            done = Kept(201, shown, version.fingerprint)
            if key:
                idempotency.keep(session, key, owner, done)
        return done

    return _answer(await run_in_threadpool(write))


@router.get(
    "/directory/versions",
    operation_id="listDirectoryVersions",
    summary="列出名录的版本",
    description="新的在前。需要权限 directory.read。",
    response_model=schemas.VersionPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_versions(request: Request, _: Reader, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Answer with one page of versions, the latest first."""
    before = row_after(cursor)
    with Service.of(request).database.reading() as session:
        found = directories.list_versions(session, limit + 1, before)
        total = directories.count(session)
    page = found[:limit]
    return {
        "items": page,
        "next": cursor_of(page[-1].id) if len(found) > limit else None,
        "total": total,
    }


@router.get(
    "/directory/versions/{version_id}/changes",
    operation_id="listDirectoryChanges",
    summary="一个版本改了什么",
    description="与前一个版本相比；第一个版本与模型自带的名录相比。需要权限 directory.read。",
    response_model=schemas.ChangeList,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def list_changes(request: Request, _: Reader, version_id: PathId) -> Any:
    """Answer with the differences to the version before."""
    service = Service.of(request)
    with service.database.reading() as session:
        after = directories.load(session, version_id)
        former = directories.find_version_before(session, version_id)
        before = directories.load(session, former) if former else service.live_directory.fallback
    changes = find_changes(before, after)
    return {"items": _show_changes(changes), "counts": _count_by_kind(changes)}


async def _read(
    request: Request, content: bytes, name: str | None
) -> tuple[list[ListedUnit], list[Unreadable]]:
    return await read_while_connected(
        request, Service.of(request).uploads.directory_list(content, name or "")
    )


def _refuse_other_result(proposal: Proposal, effective: Effective, fingerprint: str) -> None:
    """Write nothing that was not looked at, and nothing where there is nothing to write."""
    if proposal.fingerprint != fingerprint:
        raise RefusedError("结果与预览不一致：文件、选项或日期变了。请重新预览")
    if proposal.fingerprint == effective.fingerprint:
        raise RefusedError("名单与现用名录没有差别，不需要导入")


def _digest(content: bytes, options: ImportOptions, *more: str) -> str:
    asked = (options.on, options.complete, options.within, sorted(options.separate), *more)
    return hashlib.sha256(content + repr(asked).encode()).hexdigest()


def _answer(done: Kept) -> JSONResponse:
    return JSONResponse(done.body, done.status, {"ETag": f'"{done.etag}"'})


def _show_changes(changes: Iterable[Change]) -> list[schemas.Change]:
    return [schemas.Change.from_record(change, label=CHANGE_NAMES[change.kind]) for change in changes]


def _count_by_kind(changes: Iterable[Change]) -> dict[str, int]:
    return dict(Counter(change.kind for change in changes))


def _count_current(directory: Directory) -> int:
    day: dt.date = today()
    return sum(unit.valid_on(day) for unit in directory.units)


def _show_preview(
    effective: Effective, proposal: Proposal, listed: int, unreadable: list[Unreadable]
) -> schemas.Preview:
    return schemas.Preview(
        base=effective.fingerprint,
        fingerprint=proposal.fingerprint,
        on=proposal.on,
        within=proposal.within,
        listed=listed,
        outside=proposal.outside,
        units=sum(unit.valid_on(proposal.on) for unit in proposal.directory.units),
        changes=_show_changes(proposal.changes),
        counts=_count_by_kind(proposal.changes),
        guesses=[schemas.Guess(unit=new, was=old) for new, old in proposal.guessed.items()],
        notes=[schemas.RowNote.model_validate(note) for note in proposal.notes],
        unreadable=[schemas.UnreadableRow.model_validate(row) for row in unreadable],
    )
