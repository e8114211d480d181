"""The first schema, as it was released. Written out: what the code says today must not change it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0001"
down_revision = None

_SEALED = (
    "transitions decisions returns transfers merges outcomes evaluations agreements promises fulfilments"
    " audit suggestions purges"
).split()
_MOMENT = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# compared by its beginning, which only the plain order of characters lets an index do
_PATH = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
_OPEN = sa.text("closed_at IS NULL")
_LISTED = "state kind form lane zone closed_at topic jurisdiction".split()  # what lists are narrowed by


_SQLITE = [
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _SEALED
        for verb in ("UPDATE", "DELETE")
    ),
    "CREATE VIRTUAL TABLE search_fts USING fts5("
    "tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
]
_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION fenban_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION fenban_append_only()"
        for table in _SEALED
    ),
    "ALTER TABLE search_texts ALTER COLUMN tokens SET STORAGE EXTERNAL",
    "CREATE INDEX ix_search_texts_tokens_fts ON search_texts USING gin (tokens) WITH (fastupdate = off)",
]


def upgrade() -> None:
    """Create everything."""
    for create in (_people, _matters, _lists, _beside, _steps, _results, _look_ups, _records):
        create()
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _line(name: str, *more: Any) -> None:
    """Create a table of lines that are only ever added to a matter."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=f"fk_{name}_submission_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_submission_id", name, ["submission_id"])


def _people() -> None:
    """People and what lets them in."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("display_name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password_hash", sa.String(300), nullable=True),
        sa.Column("oidc_subject", sa.String(300), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.UniqueConstraint("oidc_subject", name="uq_users_oidc_subject"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
        sa.UniqueConstraint("name", name="uq_tokens_name"),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_invitations_user_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_invitations"),
    )
    op.create_index("ix_invitations_user_id", "invitations", ["user_id"])
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("locked_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_since", "login_failures", ["since"])


def _matters() -> None:
    """Matters as they stand."""
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("form", sa.String(20), nullable=True),
        sa.Column("lane", sa.String(20), nullable=True),
        sa.Column("channel", sa.String(50), nullable=True),
        sa.Column("title", sa.String(1000), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("jurisdiction", _PATH, nullable=True),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("deadline_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("zone", sa.String(10), nullable=True),
        sa.Column("suggested_unit", sa.String(200), nullable=True),
        sa.Column("topic", _PATH, nullable=True),
        sa.Column("function", sa.String(200), nullable=True),
        sa.Column("lead_unit", sa.String(200), nullable=True),
        sa.Column("other_lead_unit", sa.String(200), nullable=True),
        sa.Column("co_units", _JSON, nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["submissions.id"], name="fk_submissions_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("number", name="uq_submissions_number"),
    )


def _lists() -> None:
    """What lists of matters are answered from."""
    for name, columns in (
        ("deadline_at", ["deadline_at", "id", *_LISTED, "received_at"]),
        ("jurisdiction", ["jurisdiction"]),
        ("lead_unit_received_at", ["lead_unit", "received_at"]),
        ("merged_into", ["merged_into"]),
        ("other_lead_unit", ["other_lead_unit"]),
        ("received_at", ["received_at", "id", *_LISTED, "deadline_at"]),
        ("topic_received_at", ["topic", "received_at"]),
        ("updated_at", ["updated_at", "id", *_LISTED, "received_at", "deadline_at"]),
    ):
        op.create_index(f"ix_submissions_{name}", "submissions", columns)
    op.create_index(
        "ix_submissions_open_deadline_at",
        "submissions",
        ["deadline_at", "id", *_LISTED, "received_at", "updated_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _beside() -> None:
    """What stands beside a matter: its raw text, suggestions, numbers and answers given."""
    op.create_table(
        "submission_texts",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("title", sa.String(1000), nullable=False),
        sa.Column("submitter", sa.String(100), nullable=True),
        sa.Column("contact", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name="fk_submission_texts_submission_id"
        ),
        sa.PrimaryKeyConstraint("submission_id", name="pk_submission_texts"),
    )
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("model_version", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(10), nullable=False),
        sa.Column("lead_unit", sa.String(200), nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("body", _JSON, nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_suggestions_submission_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestions"),
    )
    op.create_index("ix_suggestions_submission_id", "suggestions", ["submission_id"])
    op.create_table(
        "numbers",
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_numbers"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.Column("etag", sa.String(40), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", "actor", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])


def _steps() -> None:
    """What was done with a matter."""
    _line(
        "transitions",
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("from_state", sa.String(12), nullable=True),
        sa.Column("to_state", sa.String(12), nullable=False),
        sa.Column("detail", _JSON, nullable=True),
    )
    op.create_index("ix_transitions_by_submission_id", "transitions", ["by", "submission_id"])
    _line(
        "decisions",
        sa.Column("suggestion_id", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("lead_unit", sa.String(200), nullable=False),
        sa.Column("other_lead_unit", sa.String(200), nullable=True),
        sa.Column("co_units", _JSON, nullable=False),
        sa.Column("function", sa.String(200), nullable=True),
        sa.Column("topic", sa.String(200), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["suggestion_id"], ["suggestions.id"], name="fk_decisions_suggestion_id"),
        sa.ForeignKeyConstraint(["undoes"], ["decisions.id"], name="fk_decisions_undoes"),
        sa.UniqueConstraint("undoes", name="uq_decisions_undoes"),
    )
    op.create_index("ix_decisions_lead_unit_at", "decisions", ["lead_unit", "at"])
    _line(
        "returns",
        sa.Column("unit", sa.String(200), nullable=False),
        sa.Column("function", sa.String(200), nullable=True),
        sa.Column("topic", sa.String(200), nullable=True),
        sa.Column("reason", sa.String(20), nullable=False),
    )
    op.create_index("ix_returns_unit_at", "returns", ["unit", "at"])
    _line(
        "transfers",
        sa.Column("from_unit", sa.String(200), nullable=False),
        sa.Column("to_unit", sa.String(200), nullable=False),
    )
    op.create_index("ix_transfers_from_unit_at", "transfers", ["from_unit", "at"])
    _line(
        "merges",
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["submissions.id"], name="fk_merges_into_id"),
    )
    op.create_index("ix_merges_into_id", "merges", ["into_id"])


def _results() -> None:
    """What came of a matter."""
    _line(
        "outcomes",
        sa.Column("final_unit", sa.String(200), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
    )
    _line(
        "evaluations",
        sa.Column("satisfied", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
    )
    _line(
        "agreements",
        sa.Column("parties", _JSON, nullable=False),
    )
    _line(
        "promises",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name="fk_promises_agreement_id"),
    )
    op.create_index("ix_promises_agreement_id", "promises", ["agreement_id"])
    _line(
        "fulfilments",
        sa.Column("promise_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_fulfilments_promise_id"),
        sa.UniqueConstraint("promise_id", name="uq_fulfilments_promise_id"),
    )


def _look_ups() -> None:
    """What matters are found by."""
    op.create_table(
        "search_texts",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_search_texts_submission_id"),
        sa.PrimaryKeyConstraint("submission_id", name="pk_search_texts"),
    )
    op.create_table(
        "fingerprints",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("places", _JSON, nullable=False),
        sa.Column("encoder", sa.String(64), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_fingerprints_submission_id"),
        sa.PrimaryKeyConstraint("submission_id", name="pk_fingerprints"),
    )
    op.create_index("ix_fingerprints_day", "fingerprints", ["day"])
    op.create_table(
        "lookup_keys",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_lookup_keys_submission_id"),
        sa.PrimaryKeyConstraint("key", "day", "submission_id", name="pk_lookup_keys"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lookup_keys_submission_id", "lookup_keys", ["submission_id"])


def _records() -> None:
    """The audit, the directory and the purges."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("action", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("detail", _JSON, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_action_seq", "audit", ["action", "seq"])
    op.create_index("ix_audit_actor_seq", "audit", ["actor", "seq"])
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject_seq", "audit", ["subject", "seq"])
    op.create_table(
        "directory_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("records", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_versions"),
    )
    op.create_table(
        "purges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("older_than", _MOMENT, nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purges"),
    )
