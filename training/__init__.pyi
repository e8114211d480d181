"""From tables of cases to models. Everything that other packages may use, in one place."""

# Training and retraining
# Directories
from .directory.inference import (
    ProposedUnit as ProposedUnit,
)
from .directory.inference import (
    infer_directory as infer_directory,
)
from .directory.labels import (
    take_apart as take_apart,
)
from .directory.proposal import (
    write_proposal as write_proposal,
)
from .directory.table import (
    MOST_UNITS as MOST_UNITS,
)
from .directory.table import (
    ListedUnit as ListedUnit,
)
from .directory.table import (
    NoUnitColumnError as NoUnitColumnError,
)
from .directory.table import (
    read_directory as read_directory,
)
from .directory.table import (
    read_listed as read_listed,
)

# Encoders
from .encoder.embedding_cache import (
    EmbeddingCache as EmbeddingCache,
)
from .encoder.folders import (
    encoder_folder as encoder_folder,
)
from .encoder.options import (
    AS_DECLARED as AS_DECLARED,
)
from .encoder.options import (
    EncoderOptions as EncoderOptions,
)

# Measuring
from .evaluation.evaluate import (
    Evaluation as Evaluation,
)
from .evaluation.evaluate import (
    evaluate_model as evaluate_model,
)
from .evaluation.evaluate import (
    read_topic_map as read_topic_map,
)
from .evaluation.report import (
    Source as Source,
)
from .evaluation.report import (
    write_report as write_report,
)
from .finetuning.source import (
    TunedSource as TunedSource,
)
from .fitting.dense import (
    DenseSource as DenseSource,
)
from .fitting.dense import (
    FrozenSource as FrozenSource,
)
from .progress import (
    Progress as Progress,
)
from .progress import (
    silent as silent,
)

# What a home keeps
from .registry.models import (
    ChampionChangedError as ChampionChangedError,
)
from .registry.models import (
    Registry as Registry,
)
from .registry.models import (
    mask_case as mask_case,
)
from .registry.private import (
    close_to_others as close_to_others,
)
from .registry.private import (
    make_private as make_private,
)
from .registry.private import (
    open_files as open_files,
)
from .registry.private import (
    tighten as tighten,
)
from .registry.trials import (
    TrialStore as TrialStore,
)
from .registry.trials import (
    load_router as load_router,
)
from .retrain import (
    retrain_champion as retrain_champion,
)
from .starter import (
    starter_cases as starter_cases,
)
from .starter import (
    train_starter as train_starter,
)

# Tables
from .tables.archives import (
    MOST_DEPTH as MOST_DEPTH,
)
from .tables.archives import (
    MOST_ELEMENTS as MOST_ELEMENTS,
)
from .tables.archives import (
    UnsafeArchiveError as UnsafeArchiveError,
)
from .tables.archives import (
    refuse_deep_parts as refuse_deep_parts,
)
from .tables.cases import (
    BadRow as BadRow,
)
from .tables.cases import (
    CaseReading as CaseReading,
)
from .tables.cases import (
    Rejected as Rejected,
)
from .tables.cases import (
    Row as Row,
)
from .tables.cases import (
    default_rejected_path as default_rejected_path,
)
from .tables.cases import (
    open_table as open_table,
)
from .tables.cases import (
    read_cases as read_cases,
)
from .tables.cases import (
    write_rejected as write_rejected,
)
from .tables.cells import (
    as_date as as_date,
)
from .tables.cells import (
    as_label as as_label,
)
from .tables.cells import (
    as_text as as_text,
)
from .tables.columns import (
    ColumnMap as ColumnMap,
)
from .tables.columns import (
    NamedColumns as NamedColumns,
)
from .tables.columns import (
    list_headers as list_headers,
)
from .tables.columns import (
    read_column_map as read_column_map,
)
from .tables.rows import (
    Table as Table,
)
from .tables.writing import (
    TableWriter as TableWriter,
)
from .train import (
    SEED as SEED,
)
from .train import (
    train_model as train_model,
)
