import type { Dictionary } from '../values/dictionary.js'
import { isDictionary } from '../values/dictionary.js'
import { HttpError } from './http-error.js'
import { fromWire } from './wire-values.js'

/** A command of a request that was found well-formed. */
export interface RequestedCommand {
  readonly name: string
  readonly given: Dictionary
}

/** What a request may hold. */
export interface RequestLimits {
  readonly commandsMax: number
  /** Whether there is a command of this name. */
  readonly isKnown: (name: string) => boolean
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The commands of a body. All are looked at before the first one runs.
 * @throws HttpError 400 for what is no list of commands, 404 for an unknown command, 413 for too many of them.
 */
export function readCommands(body: Uint8Array, limits: RequestLimits): readonly RequestedCommand[] {
  const list = parse(body)
  if (!Array.isArray(list)) throw new HttpError(400, 'the body must be a JSON list of commands')
  if (list.length > limits.commandsMax) throw new HttpError(413, `a request has at most ${limits.commandsMax} commands`)
  return list.map((item: unknown) => readCommand(item, limits))
}

function readCommand(item: unknown, { isKnown }: RequestLimits): RequestedCommand {
  if (!isDictionary(item)) throw new HttpError(400, 'a command must be a dictionary')
  const { command: name, kwargs } = item
  if (typeof name !== 'string' || name === '') throw new HttpError(400, 'a command must have a name')
  if (isTrue(kwargs) && !isDictionary(kwargs)) throw new HttpError(400, 'kwargs must be a dictionary')
  if (!isKnown(name)) throw new HttpError(404, 'there is no such command')
  return { name, given: isDictionary(kwargs) ? (fromWire(kwargs) as Dictionary) : {} }
}

/** As Python takes it: an empty list is not. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    throw new HttpError(400, 'the body is not JSON')
  }
}
