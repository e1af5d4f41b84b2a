import type { ErrorCode } from './codes.js'

/** Variables of an error, apart from its static message, so that errors can be grouped and counted. */
export type ErrorContext = Readonly<Record<string, unknown>>

/** What every constructor of an error takes after code and message. */
export interface ErrorDetails {
  readonly context?: ErrorContext
  readonly cause?: unknown
}

/**
 * The root of every error Rome raises.
 *
 * The message is a static sentence that says what to do; what varies is in {@link RomeError.context},
 * and is appended to the printed message.
 *
 * @example
 * ```ts
 * import { RomeError } from 'rome-orm'
 * const isRetryable = (error: unknown) => error instanceof RomeError && error.retryable
 * ```
 */
export abstract class RomeError extends Error {
  /** The stable code, documented under `docs/errors/`. */
  readonly code: ErrorCode
  /** What the message leaves out: names, sizes, keys. */
  readonly context: ErrorContext
  /** Whether the same transaction, run again from its start, may succeed. */
  readonly retryable: boolean = false

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message + describeContext(details.context), 'cause' in details ? { cause: details.cause } : undefined)
    this.name = new.target.name
    this.code = code
    this.context = Object.freeze({ ...details.context })
  }
}

/** The call itself is wrong: an argument, a state, an option. Fix the program. */
export class UsageError extends RomeError {}

/** A model is not well-formed, or contradicts what is stored. */
export class SchemaError extends RomeError {}

/** A value that its column refuses. */
export class ValidationError extends RomeError {}

/** A query that cannot be answered, or whose answer has another shape than the terminal asked for. */
export class QueryError extends RomeError {}

/** The data would contradict a rule of the model: uniqueness, a check, a foreign key. */
export class ConstraintError extends RomeError {}

/** Another commit came between. The session is rolled back and usable; run the transaction again. */
export class ConflictError extends RomeError {
  override readonly retryable = true
}

/** The answer to a commit was lost: it may have happened. Settle it with `rome.outcome(error.context.commitId)`. */
export class CommitUnknownError extends RomeError {}

/** The store refused or failed. */
export class EngineError extends RomeError {}

/** Stored bytes are damaged or missing. Nothing of them was given out as truth. */
export class CorruptionError extends RomeError {}

/** Bytes or a token that are not what they claim to be. */
export class CodecError extends RomeError {}

/** The caller's `AbortSignal` fired. */
export class AbortError extends RomeError {}

/** A defect in Rome itself. */
export class InternalError extends RomeError {}

/** The name under which OpenStack's code knows a {@link ConflictError}. */
export { ConflictError as DBDeadlock }

const contextCharactersMax = 2000

function describeContext(context: ErrorContext | undefined): string {
  if (context === undefined) return ''
  const parts: string[] = []
  for (const [name, value] of Object.entries(context)) {
    if (value !== undefined) parts.push(`${name}: ${describeValue(value)}`)
  }
  if (parts.length === 0) return ''
  const text = parts.join(', ')
  return ` (${text.length > contextCharactersMax ? `${text.slice(0, contextCharactersMax)}…` : text})`
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return value.name || 'function'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === 'object' && value !== null) {
    try {
      return JSON.stringify(value, (_key, nested: unknown) => (typeof nested === 'bigint' ? `${nested}n` : nested))
    } catch {
      return Object.prototype.toString.call(value)
    }
  }
  return String(value)
}
