"""What the operations work with: one record, made once for an application."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from ..desk.deadlines.files import shipped_deadlines
from ..desk.directory.successions import bring_up_to_date
from ..desk.directory.unit_index import LiveUnits
from ..desk.likeness.clusters import ClustersCache
from ..desk.likeness.meaning import Meaning
from ..inference.batching import MicroBatcher
from ..store.base import CHINA
from ..store.database import Database
from ..store.directories import LiveDirectory
from ..store.statistics.facts import FactsCache
from ..uploads.room import ReadingRoom
from .accounts import Accounts

if TYPE_CHECKING:
    from fastapi import Request

    from fenban.model import Directory, Router, Submission, Suggestion

    from ..desk.deadlines.rules import Deadlines
    from ..inference.batching import Options
    from ..settings import ServiceSettings
    from .templates import Templates

GUARDED: dict[str, Any] = {"security": [{"token": []}, {"session": []}]}


@dataclass(frozen=True, slots=True)
class Service:
    """What the operations work with; the one thing in ``app.state``.

    Attributes:
        router: the model.
        batcher: through which requests ask the model.
        settings: limits and addresses of this run.
        database: the store.
        live_directory: the directory that counts, with its version.
        units: the same, to be searched.
        deadlines: the rules of deadlines.
        accounts: what logging in works with.
        facts: what statistics are summed from.
        meaning: vectors that find the likes of a matter.
        clusters: hot issues as last computed.
        uploads: where files of strangers are read.
        templates: the pages that people see.
    """

    router: Router
    batcher: MicroBatcher[Suggestion]
    settings: ServiceSettings
    database: Database
    live_directory: LiveDirectory
    units: LiveUnits
    deadlines: Deadlines
    accounts: Accounts
    facts: FactsCache
    meaning: Meaning
    clusters: ClustersCache
    uploads: ReadingRoom
    templates: Templates

    @classmethod
    def build(cls, router: Router, settings: ServiceSettings, templates: Templates) -> Service:
        """Open the store and put together what a loaded model is served with.

        Raises:
            InputError: the store's URL is of a kind whose driver is not installed.
            MissingExtraError: there is an identity provider and the extra ``oidc`` is not installed.
        """
        database = Database(make_url(settings.database))
        live_directory = LiveDirectory(database, router.content.directory)

        def suggest(submissions: list[Submission], options: Options) -> list[Suggestion]:
            return suggest_in_current_names(router, live_directory, submissions, options)

        return cls(
            router=router,
            batcher=MicroBatcher(suggest, max_batch=settings.max_batch, max_waiting=settings.max_waiting),
            settings=settings,
            database=database,
            live_directory=live_directory,
            units=LiveUnits(live_directory),
            deadlines=settings.deadlines or shipped_deadlines(),
            accounts=Accounts.for_settings(database, settings),
            facts=FactsCache(database),
            meaning=Meaning(router.content),
            clusters=ClustersCache(database),
            uploads=ReadingRoom(),
            templates=templates,
        )

    @classmethod
    def of(cls, request: Request) -> Service:
        """Return the service that answers ``request``."""
        service: Service = request.app.state.service
        return service

    def directory(self) -> Directory:
        """Return the directory that counts: the store's latest version, else the model's.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        return self.live_directory.get().directory


def suggest_in_current_names(
    router: Router, live: LiveDirectory, submissions: list[Submission], options: Options
) -> list[Suggestion]:
    """Ask the router, and call units as they are called today; runs in the model's thread."""
    suggestions = router.suggest(
        submissions,
        top=options.top,
        target_precision=options.target_precision,
        evidence="full" if options.explain else "words",
    )
    directory = live.imported()
    if directory is None:
        return suggestions
    day = dt.datetime.now(CHINA).date()
    return [bring_up_to_date(suggestion, directory, day) for suggestion in suggestions]
