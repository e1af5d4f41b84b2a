import { RomeError } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'

/** How a failed command is answered. */
export interface ErrorEntry {
  readonly _error: { readonly cls: string; readonly val: string }
}

/** What a client raises: the class that Glance has for it, or `RPCError` for what no function of Glance raises. */
export function errorEntry(error: unknown): ErrorEntry {
  if (!(error instanceof GlanceError)) return entry('glance.common.exception.RPCError', describe(error))
  const path = error.kind === 'TypeError' ? 'builtins' : 'glance.common.exception'
  return entry(`${path}.${error.kind}`, error.message || error.kind)
}

/** A command that was not begun. */
export function notRunEntry(reason: string): ErrorEntry {
  return entry('glance.common.exception.RPCError', reason)
}

/** No more than clients should know: what else there is stands in the log. */
function describe(error: unknown): string {
  return error instanceof RomeError ? `${error.code}: ${error.message}` : 'the service failed: its log says why'
}

function entry(cls: string, val: string): ErrorEntry {
  return { _error: { cls, val } }
}
