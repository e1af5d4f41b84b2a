export { type CheckOptions, check } from './decorators/check.js'
export { column } from './decorators/column.js'
export type { ColumnDecorator, ColumnOptions } from './decorators/column-decorator.js'
export { entity } from './decorators/entity.js'
export type { ForeignKeyOptions } from './decorators/foreign-key.js'
export { globalScope } from './decorators/global-scope.js'
export { index, unique } from './decorators/indexes.js'
export { type ImplicitThrough, manyToMany, type ThroughModel } from './decorators/many-to-many.js'
export { manyToOne } from './decorators/many-to-one.js'
export { type CollectionOptions, type OwnedOptions, oneToMany } from './decorators/one-to-many.js'
export { oneToOne } from './decorators/one-to-one.js'
export { primaryKey } from './decorators/primary-key.js'
export type { RelationDecorator, RelationOptions } from './decorators/relation-decorator.js'
export { createdAt, deletedAt, updatedAt, version } from './decorators/roles.js'
export { scope } from './decorators/scope.js'
export { type ErrorCode, errorCodes } from './errors/codes.js'
export {
  AbortError,
  CodecError,
  CommitUnknownError,
  ConflictError,
  ConstraintError,
  CorruptionError,
  DBDeadlock,
  EngineError,
  type ErrorContext,
  InternalError,
  QueryError,
  RomeError,
  SchemaError,
  UsageError,
  ValidationError,
} from './errors/rome-error.js'
export { type Aggregate, avg, count, max, min, sum } from './expressions/aggregate.js'
export { asc, type DescendingColumn, desc } from './expressions/asc-desc.js'
export { type Case, caseWhen } from './expressions/case.js'
export { cast, literal } from './expressions/cast.js'
export type { Column } from './expressions/column.js'
export { coalesce, nullIf } from './expressions/conditional.js'
export { day, hour, minute, month, second, year } from './expressions/date-functions.js'
export type { Expression, Operand, Predicate } from './expressions/expression.js'
export { arrayContains, hasKey, jsonAt, jsonContains } from './expressions/json-functions.js'
export { abs, round } from './expressions/number-functions.js'
export type { Ordering } from './expressions/ordering.js'
export { param } from './expressions/parameter.js'
export { and_, exists, not_, or_ } from './expressions/predicate.js'
export { concat, length, lower, substring, trim, upper } from './expressions/text-functions.js'
export type { ForUpdateOptions } from './query/description.js'
export type { ExplainOptions } from './query/explain.js'
export type { IncludeOptions, Includes, OrderTerm } from './query/include.js'
export type { BudgetReason, QueryBudget } from './query/operators/budget.js'
export type { Page, PageOptions } from './query/page.js'
export type { PaginateOptions, SortDirection } from './query/paginate.js'
export type {
  ActualCost,
  ExplainedInclude,
  ExplainedScope,
  ExplainedStep,
  Explanation,
} from './query/plan/explanation.js'
export type { ParameterValues } from './query/prepared-query.js'
export type { FilterByValues, PreparedQuery, Query, UpdateValues } from './query/query.js'
export type { FullScanPolicy } from './query/query-session.js'
export type { ResultStream } from './query/result-stream.js'
export type { TerminalOptions } from './query/run-query.js'
export type { ScopeValues } from './query/session-scopes.js'
export type { Logger, LogLevel } from './records/logger.js'
export type { OpenResource, ResourceKind } from './records/open-resources.js'
export type { OnProgress, Progress } from './records/progress.js'
export type { Isolation } from './records/record-transaction.js'
export type { ResidentStatistics } from './records/resident/resident-set.js'
export type { Span, SpanAttributes, SpanOptions, Tracer } from './records/tracer.js'
export type { ProblemKind, VerifyOptions, VerifyProblem, VerifyReport } from './records/verify.js'
export { alias } from './schema/alias.js'
export type { Collection, LoadedCollection, LoadOptions } from './schema/collection.js'
export { create, type NewValues, type RelatedValues } from './schema/create.js'
export { defineEntity, type EntityRules } from './schema/define-entity.js'
export type { EntitySchema, ModelClass, OnDelete } from './schema/entity-schema.js'
export { fields } from './schema/fields.js'
export type { Loaded } from './schema/loaded.js'
export type { ScopeOptions } from './schema/model-definition.js'
export type { AliasedModel, ModelLike } from './schema/model-like.js'
export type { PrimaryKey } from './schema/primary-key.js'
export type { LoadedRef, Ref } from './schema/ref.js'
export { clearGlobalScope, globalModels, modelByName } from './schema/registry.js'
export type { EntityState } from './schema/related/companion.js'
export type { Fields, RelatedPredicate, Relation } from './schema/relation.js'
export { schemaOf } from './schema/schema-of.js'

export type { BulkDeleteOptions, BulkOptions, BulkUpdateOptions } from './session/bulk-writes.js'
export type {
  Change,
  ChangedRow,
  ChangeFeed,
  ErasedChange,
  RowValues,
  SoftDeletedChange,
  StoredChange,
  WatchOptions,
} from './session/change-feed.js'
export type { ColumnValues } from './session/given-values.js'
export type {
  ContextOf,
  DeletionContext,
  EntityEvent,
  EntityHook,
  HookContext,
  RollbackContext,
  SessionEvent,
  SessionHook,
} from './session/hook-events.js'
export type { ConsumeOptions, Delivery, OutboxConsumer } from './session/outbox-consumer.js'
export { OutboxMessage } from './session/outbox-message.js'
export type { Items } from './session/portions.js'
export { type Attempt, type Retry, type RetryOptions, retryOnConflict } from './session/retry.js'
export {
  type AnalyzeOptions,
  type CacheOptions,
  type DebugOptions,
  Rome,
  type RomeOptions,
  type RomeStatistics,
  type TransactOptions,
} from './session/rome.js'
export { type GetOptions, RomeSession, type TransactionWork } from './session/session.js'
export type { SessionSavepoint, SessionTransaction } from './session/session-transaction.js'
export type {
  BeginOptions,
  ChangeTracking,
  Propagation,
  SessionOptions,
  TransactionOptions,
} from './session/transaction-options.js'
export type { UpsertExpectation, UpsertOptions } from './session/upsert.js'
export { ColumnSpec } from './values/column-spec.js'
export type { JsonValue } from './values/column-type.js'
export { t } from './values/t.js'
export { Timestamp } from './values/timestamp.js'
