"""What a text means. Everything that other packages and programs may use, in one place.

The first group is for everybody; the others are for those who train and serve.
"""

# For everybody
from . import (
    artifact as artifact,
)
from . import (
    shipped as shipped,
)
from .case import (
    FORMS as FORMS,
)
from .case import (
    LANES as LANES,
)
from .case import (
    TOPIC_SEPARATOR as TOPIC_SEPARATOR,
)
from .case import (
    ZONE_NAMES as ZONE_NAMES,
)
from .case import (
    Case as Case,
)
from .case import (
    Evidence as Evidence,
)
from .case import (
    RankedFunction as RankedFunction,
)
from .case import (
    RankedTopic as RankedTopic,
)
from .case import (
    RankedUnit as RankedUnit,
)
from .case import (
    Submission as Submission,
)
from .case import (
    Suggestion as Suggestion,
)
from .case import (
    Zone as Zone,
)
from .directory import (
    HOME_PROVINCE as HOME_PROVINCE,
)
from .directory import (
    Directory as Directory,
)
from .directory import (
    Function as Function,
)
from .directory import (
    Predecessor as Predecessor,
)
from .directory import (
    Unit as Unit,
)
from .directory import (
    shipped_directory as shipped_directory,
)
from .errors import (
    DirectoryError as DirectoryError,
)
from .errors import (
    FenbanError as FenbanError,
)
from .errors import (
    InputError as InputError,
)
from .errors import (
    MissingExtraError as MissingExtraError,
)
from .errors import (
    ModelFolderError as ModelFolderError,
)
from .errors import (
    TableError as TableError,
)
from .errors import (
    TrainingError as TrainingError,
)

# How alike matters are
from .likeness.clustering import (
    Group as Group,
)
from .likeness.clustering import (
    group_matters as group_matters,
)
from .likeness.comparison import (
    SAME_MATTER as SAME_MATTER,
)
from .likeness.comparison import (
    SAME_TEXT as SAME_TEXT,
)
from .likeness.comparison import (
    Comparable as Comparable,
)
from .likeness.comparison import (
    Comparison as Comparison,
)
from .likeness.comparison import (
    Rarity as Rarity,
)
from .likeness.fingerprint import (
    Fingerprint as Fingerprint,
)
from .likeness.fingerprint import (
    take_fingerprint as take_fingerprint,
)
from .likeness.lookup import (
    list_asked_keys as list_asked_keys,
)
from .likeness.lookup import (
    list_stored_keys as list_stored_keys,
)

# What a model remembers and how it is kept
from .memory.neighbours import (
    LONGEST as LONGEST,
)
from .memory.neighbours import (
    MOST_CASES as MOST_CASES,
)
from .memory.neighbours import (
    Neighbours as Neighbours,
)
from .memory.neighbours import (
    ResolvedCase as ResolvedCase,
)

# Reading a text
from .reading.local_places import (
    FEWEST_CASES as FEWEST_CASES,
)
from .reading.local_places import (
    SMOOTHING as SMOOTHING,
)
from .reading.local_places import (
    LocalPlaceReader as LocalPlaceReader,
)
from .reading.local_places import (
    LocalPlaces as LocalPlaces,
)
from .reading.local_places import (
    blot_out_mentions as blot_out_mentions,
)
from .reading.places import (
    Gazetteer as Gazetteer,
)
from .reading.places import (
    Home as Home,
)
from .reading.places import (
    PlaceReading as PlaceReading,
)
from .reading.places import (
    shipped_gazetteer as shipped_gazetteer,
)
from .reading.privacy import (
    hide as hide,
)
from .reading.privacy import (
    mask as mask,
)
from .reading.segment import (
    default_segmenter as default_segmenter,
)
from .reading.text import (
    normalise as normalise,
)
from .reading.text import (
    simplify as simplify,
)
from .router import (
    BATCH as BATCH,
)
from .router import (
    Router as Router,
)
from .router import (
    check_target as check_target,
)

# Scoring: the parts that training fits
from .scoring.batch import (
    Reading as Reading,
)
from .scoring.batch import (
    places_of as places_of,
)
from .scoring.batch import (
    read_batch as read_batch,
)
from .scoring.calibration import (
    DEFAULT_TARGET as DEFAULT_TARGET,
)
from .scoring.calibration import (
    NEVER as NEVER,
)
from .scoring.calibration import (
    PrecisionCurve as PrecisionCurve,
)
from .scoring.calibration import (
    TopCalibration as TopCalibration,
)
from .scoring.calibration import (
    softmax as softmax,
)
from .scoring.classifier import (
    Head as Head,
)
from .scoring.classifier import (
    LinearHeads as LinearHeads,
)
from .scoring.composition import (
    DIRECTORY_WEIGHTS as DIRECTORY_WEIGHTS,
)
from .scoring.composition import (
    FACTORS as FACTORS,
)
from .scoring.composition import (
    TextSignals as TextSignals,
)
from .scoring.composition import (
    UnitComposer as UnitComposer,
)
from .scoring.composition import (
    UnitTable as UnitTable,
)
from .scoring.content import (
    ModelContent as ModelContent,
)
from .scoring.dense import (
    DenseHeads as DenseHeads,
)
from .scoring.dense import (
    unit_vectors as unit_vectors,
)
from .scoring.encoder import (
    ENCODER_FILES as ENCODER_FILES,
)
from .scoring.encoder import (
    GRAPH as GRAPH,
)
from .scoring.encoder import (
    LEAST_TOKENS as LEAST_TOKENS,
)
from .scoring.encoder import (
    OWN_POOLING as OWN_POOLING,
)
from .scoring.encoder import (
    POOLINGS as POOLINGS,
)
from .scoring.encoder import (
    SETTINGS as SETTINGS,
)
from .scoring.encoder import (
    TOKENIZER as TOKENIZER,
)
from .scoring.encoder import (
    Encoder as Encoder,
)
from .scoring.encoder import (
    EncoderSettings as EncoderSettings,
)
from .scoring.encoder import (
    OnnxEncoder as OnnxEncoder,
)
from .scoring.encoder import (
    fingerprint_of as fingerprint_of,
)
from .scoring.features import (
    DocumentFrequencies as DocumentFrequencies,
)
from .scoring.features import (
    NgramHasher as NgramHasher,
)
from .scoring.features import (
    Vectoriser as Vectoriser,
)
from .scoring.projection import (
    Projection as Projection,
)
from .scoring.scorer import (
    Scored as Scored,
)
from .scoring.scorer import (
    merge_names as merge_names,
)
from .scoring.scorer import (
    topic_groups as topic_groups,
)
from .scoring.stage import (
    SILENT as SILENT,
)
from .scoring.stage import (
    Cascade as Cascade,
)
from .scoring.stage import (
    Gate as Gate,
)
from .scoring.stage import (
    Parts as Parts,
)
from .scoring.stage import (
    Stage as Stage,
)
from .scoring.stage import (
    Weights as Weights,
)
from .scoring.stage import (
    compute_sureness as compute_sureness,
)
from .scoring.voting import (
    LABELS as LABELS,
)
from .scoring.voting import (
    log_shares as log_shares,
)

# What must be noticed
from .signs.signals import (
    MISSING_NAMES as MISSING_NAMES,
)
from .signs.signals import (
    SIGNAL_NAMES as SIGNAL_NAMES,
)
from .trials import (
    FEWEST_EXAMPLES as FEWEST_EXAMPLES,
)
from .trials import (
    MOST_EXAMPLES as MOST_EXAMPLES,
)
from .trials import (
    SHOWN_FROM as SHOWN_FROM,
)
from .trials import (
    Likeness as Likeness,
)
from .trials import (
    Trial as Trial,
)
from .trials import (
    likeness_inputs as likeness_inputs,
)
