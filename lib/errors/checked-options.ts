import { UsageError } from './rome-error.js'

/** Tells whether a value is one that an option takes. */
export type OptionRule = (value: unknown) => boolean

/** The rules of the options of a call, by name. An option that is `undefined` is one that is not given. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule }

export const isOneOf =
  (...values: readonly unknown[]): OptionRule =>
  (value) =>
    values.includes(value)

export const isFunction: OptionRule = (value) => typeof value === 'function'

export const isBoolean: OptionRule = (value) => typeof value === 'boolean'

export const isSignal: OptionRule = (value) => value instanceof AbortSignal

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/**
 * Refuses options that nobody knows, since a misspelt one would silently do nothing, and values of the wrong kind.
 * @throws UsageError `ROME_ARGUMENT`.
 */
export function checkOptions<Options extends object>(
  call: string,
  options: Options,
  rules: OptionRules<Options>,
): void {
  if (!isObject(options)) {
    throw new UsageError('ROME_ARGUMENT', 'give the options as an object', { context: { call } })
  }
  for (const [option, value] of Object.entries(options)) {
    const rule = (rules as Readonly<Record<string, OptionRule>>)[option]
    if (rule === undefined || !Object.hasOwn(rules, option)) {
      throw new UsageError('ROME_ARGUMENT', 'there is no such option: see the known ones', {
        context: { call, option, known: Object.keys(rules) },
      })
    }
    if (value !== undefined && !rule(value)) {
      throw new UsageError('ROME_ARGUMENT', 'this option does not take this value: see the documentation of the call', {
        context: { call, option, value },
      })
    }
  }
}
