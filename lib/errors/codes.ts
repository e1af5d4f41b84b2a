/**
 * The closed list of error codes. Each has a page under `docs/errors/` and a test that raises it.
 * A code says what went wrong and never changes its meaning; the class says how to treat it.
 */
export const errorCodes = [
  // UsageError: the call is wrong; change the program.
  'ROME_ARGUMENT',
  'ROME_UNDEFINED',
  'ROME_NULL_COMPARISON',
  'ROME_NOT_OPEN',
  'ROME_CLOSED',
  'ROME_SESSION_BUSY',
  'ROME_IN_HOOK',
  'ROME_HOOK_LOOP',
  'ROME_POSITION',
  'ROME_ENTITY_STATE',
  'ROME_NOT_LOADED',
  'ROME_TRANSACTION_STATE',
  'ROME_READ_ONLY',
  'ROME_NOT_TOUCHED',
  'ROME_NO_PREDICATE',
  'ROME_LEGACY_DECORATORS',
  'ROME_OPTION_NOT_SUPPORTED',
  'ROME_LEAK',
  'ROME_SCOPE_UNKNOWN',
  'ROME_SCOPE_ARGUMENTS',
  // SchemaError: a model, or the model against what is stored.
  'ROME_SCHEMA_INVALID',
  'ROME_SCHEMA_DUPLICATE',
  'ROME_SCHEMA_UNKNOWN_MODEL',
  'ROME_SCHEMA_CHANGED',
  // ValidationError: a value a column refuses.
  'ROME_VALUE_TYPE',
  'ROME_VALUE_RANGE',
  'ROME_VALUE_MISSING',
  'ROME_VALUE_INVALID',
  'ROME_UNKNOWN_COLUMN',
  'ROME_KEY_TOO_LONG',
  'ROME_ROW_TOO_LARGE',
  // QueryError: the question cannot be asked, or its answer is not of the shape asked for.
  'ROME_QUERY_INVALID',
  'ROME_NO_RESULT',
  'ROME_MULTIPLE_RESULTS',
  'ROME_FULL_SCAN',
  'ROME_BUDGET',
  'ROME_PAGE_TOKEN',
  'ROME_MARKER_NOT_FOUND',
  'ROME_SORT_KEY_UNKNOWN',
  // ConstraintError: the data contradicts a rule of the model.
  'ROME_UNIQUE',
  'ROME_PRIMARY_KEY_EXISTS',
  'ROME_CHECK',
  'ROME_FOREIGN_KEY',
  'ROME_SCOPE_CHECK',
  // ConflictError: another commit came between; try the transaction again.
  'ROME_CONFLICT',
  'ROME_STALE_VERSION',
  'ROME_SNAPSHOT_TOO_OLD',
  'ROME_ROW_CLAIMED',
  'ROME_DEADLOCK',
  // CommitUnknownError: the answer to a commit was lost.
  'ROME_COMMIT_UNKNOWN',
  // EngineError: the store refused or failed.
  'ROME_ENGINE',
  'ROME_LOCKED',
  'ROME_DISK_FULL',
  'ROME_HALTED',
  'ROME_STORE_NEWER',
  'ROME_STORE_LAYOUT',
  'ROME_PARTITIONS_CHANGED',
  'ROME_COMMIT_TOO_LARGE',
  'ROME_CHANGES_GONE',
  // CorruptionError: stored bytes are damaged or missing.
  'ROME_CORRUPT',
  // CodecError: bytes that are not what they claim to be.
  'ROME_CODEC',
  // AbortError: the caller's signal.
  'ROME_ABORTED',
  // InternalError: a defect in Rome.
  'ROME_INTERNAL',
] as const

/** One of the closed list of error codes. */
export type ErrorCode = (typeof errorCodes)[number]
