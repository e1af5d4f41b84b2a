import { Timestamp } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'
import { type Dictionary, isDictionary } from '../values/dictionary.js'

/** One argument of a command: whether it must be given, and what is made of what was given. */
export interface Parameter<T = unknown> {
  readonly isRequired: boolean
  /** Refuses by `undefined`, which no argument is. */
  readonly parse: (given: unknown) => T | undefined
}

/**
 * An argument that may be left out. Null stands for that too, unless the argument takes it: clients of Glance send
 * every argument.
 */
type Optional<T> = Parameter<T | undefined>

type Parse<T> = (given: unknown) => T | undefined

const text: Parse<string> = (given) => (typeof given === 'string' ? given : undefined)
const number: Parse<number> = (given) => (typeof given === 'number' ? given : undefined)
const dictionary: Parse<Dictionary> = (given) => (isDictionary(given) ? given : undefined)
const list: Parse<readonly unknown[]> = (given) => (Array.isArray(given) ? given : undefined)
const time: Parse<Timestamp> = (given) => (given instanceof Timestamp ? given : undefined)
const value: Parse<unknown> = (given) => given
// Python's own true and false are also numbers.
const flag: Parse<boolean> = (given) =>
  typeof given === 'boolean' ? given : given === 0 || given === 1 ? given === 1 : undefined

const required = <T>(parse: Parse<T>): Parameter<T> => ({ isRequired: true, parse })
const optional = <T>(parse: Parse<T>): Optional<T> => ({ isRequired: false, parse })
const nullable = <T>(parse: Parse<T>): Parameter<T | null> =>
  required((given) => (given === null ? null : parse(given)))

/** The kinds of arguments that commands have. */
export const parameters = Object.freeze({
  text: required(text),
  number: required(number),
  dictionary: required(dictionary),
  list: required(list),
  /** Anything, null included. */
  value: required(value),
  nullableText: nullable(text),
  nullableList: nullable(list),
  optionalText: optional(text),
  /** A text whose absence means something else than null. */
  optionalNullableText: {
    isRequired: false,
    parse: (given) => (given === null ? null : text(given)),
  } satisfies Optional<string | null>,
  optionalNumber: optional(number),
  optionalDictionary: optional(dictionary),
  optionalList: optional(list),
  optionalTime: optional(time),
  flag: optional(flag),
})

/** What the arguments of a command are once they were checked. */
export type ArgumentsOf<Parameters> = {
  readonly [Name in keyof Parameters]: Parameters[Name] extends Parameter<infer T> ? T : never
}

/**
 * Checks the arguments of a command, by name. `session`, which old clients send, is let through and dropped.
 * @throws GlanceError `TypeError` for one that is unknown, missing or of another type.
 */
export function parseArguments(
  command: string,
  parameters: Readonly<Record<string, Parameter>>,
  given: Dictionary,
): Dictionary {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(parameters, name) || name === 'session') continue
    throw new GlanceError('TypeError', 'The function has no argument of this name.', { command, argument: name })
  }
  const parsed: Record<string, unknown> = {}
  for (const [name, { isRequired, parse }] of Object.entries(parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (!isRequired && (value === undefined || (value === null && parse(null) === undefined))) continue
    if (value === undefined) {
      throw new GlanceError('TypeError', 'The function needs this argument.', { command, argument: name })
    }
    parsed[name] = parse(value)
    if (parsed[name] === undefined) {
      throw new GlanceError('TypeError', 'The argument is of another type than the function takes.', {
        command,
        argument: name,
      })
    }
  }
  return parsed
}
