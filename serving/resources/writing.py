"""How every operation writes: in one transaction, once per Idempotency-Key, over the version it names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Header
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import JSONResponse

from ..accounts.actor import Actor  # noqa: TC001 - FastAPI reads the annotation
from ..desk.matters.desk import Desk
from ..http.dependencies import permitted
from ..http.problems import MissingIfMatchError
from ..http.service import Service
from ..store import idempotency
from ..store.errors import ChangedMeanwhileError
from ..store.idempotency import Kept
from .etags import etag_of, version_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from ..store.tables.matters import SubmissionRow
    from .shown import Shown

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="同一请求重发时带同一个值（任意字符串），只办一次，得到同样的回答；保留 48 小时",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="所改办件的 ETag；别人已改过则返回 412。不带返回 428",
        examples=['"v3"'],
        max_length=100,
    ),
]


@dataclass(frozen=True, slots=True)
class Writing:
    """A request that changes something.

    Attributes:
        request: it.
        actor: who sends it.
        key: its Idempotency-Key.
        fingerprint: SHA-256 of method, path and body.
    """

    request: Request
    actor: Actor
    key: str | None
    fingerprint: str

    def matter(self, desk: Desk, submission_id: int) -> SubmissionRow:
        """Return the matter to change, in the version that the caller has seen.

        Raises:
            NotFoundError: there is none.
            ChangedMeanwhileError: it has another version by now.
        """
        return self.unchanged(desk.matter(submission_id))

    def unchanged(self, row: SubmissionRow) -> SubmissionRow:
        """Return a matter that is locked already, in the version that the caller has seen.

        Raises:
            ChangedMeanwhileError: it has another version by now.
        """
        if version_asked(self.request, row.version) != row.version:
            raise ChangedMeanwhileError(row.version)
        return row

    def answer(self, work: Callable[[Desk], Kept], location: str | None = None) -> Response:
        """Do ``work`` in one transaction and return its answer, or the one that the key already got.

        Args:
            work: what is done; it ends with the line of the audit.
            location: where to find what was made; ``{id}`` stands for the ``id`` of the answer.
        """
        service = Service.of(self.request)
        owner = f"{self.actor.label}#{self.actor.user_id}"
        with service.database.writing() as session:
            kept = idempotency.claim(session, self.key, owner, self.fingerprint) if self.key else None
            if kept is not None:
                return _response(kept, location, {"Idempotency-Replayed": "true"})
            directory = service.live_directory.seen_by(session).directory
            done = work(Desk(session, self.actor.label, service.deadlines, directory))
            if self.key:
                idempotency.keep(session, self.key, owner, done)
        return _response(done, location, {})


def answer_for(row: SubmissionRow, shown: Shown) -> Kept:
    """Return the answer 201 with the ETag of a matter, as JSON values: it may be kept and given again."""
    return Kept(201, shown.model_dump(mode="json", exclude_unset=True), etag_of(row.version))


def _response(done: Kept, location: str | None, headers: dict[str, str]) -> JSONResponse:
    if done.etag:
        headers["ETag"] = done.etag
    if location:
        headers["Location"] = location.format(**done.body)
    return JSONResponse(done.body, done.status, headers)


async def writing(
    request: Request, actor: Annotated[Actor, Depends(permitted("matters.write"))], key: Key = None
) -> Writing:
    """Dependency of operations that make something new."""
    digest = hashlib.sha256(f"{request.method} {request.scope['path']}\n".encode())
    digest.update(await request.body())
    return Writing(request, actor, key, digest.hexdigest())


async def changing(made: Annotated[Writing, Depends(writing)], if_match: IfMatch = None) -> Writing:
    """Dependency of operations that change a matter.

    Raises:
        MissingIfMatchError: the request does not say which version it changes.
    """
    if if_match is None:
        raise MissingIfMatchError
    return made


New = Annotated[Writing, Depends(writing)]
Change = Annotated[Writing, Depends(changing)]
