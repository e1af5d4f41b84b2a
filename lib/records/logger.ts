import type { ErrorContext } from '../errors/rome-error.js'

type Log = (message: string, context: ErrorContext) => void

/**
 * Where Rome reports to, such as `console`. Each method is called with a static sentence and what varies. Methods that
 * are not there are not called; errors go to `warn` then.
 */
export interface Logger {
  /** Commits that the store refused, or of which nobody knows whether they happened. */
  error?: Log
  /** What works and could be better: whole tables that are read, slow queries. */
  warn: Log
  /** What happens now and then: a store that is opened and closed, a transaction that is tried again. */
  info?: Log
  /** Each query, read by key, flush, commit and transaction, with how long it took. */
  debug?: Log
}

/** The least that is logged. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

/** A logger with those methods only that are wanted, so that nobody else makes what would not be logged. */
export function loggerAt(logger: Logger, level: LogLevel): Logger {
  const isWanted = (wanted: LogLevel): boolean => logLevels.indexOf(wanted) <= logLevels.indexOf(level)
  return {
    error: (message, context) =>
      (logger.error === undefined ? logger.warn : logger.error).call(logger, message, context),
    warn: isWanted('warn') ? (message, context) => logger.warn(message, context) : () => undefined,
    ...(logger.info !== undefined && isWanted('info') && { info: logger.info.bind(logger) }),
    ...(logger.debug !== undefined && isWanted('debug') && { debug: logger.debug.bind(logger) }),
  }
}
