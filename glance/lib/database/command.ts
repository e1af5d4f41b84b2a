import type { Dictionary } from '../values/dictionary.js'
import type { Caller } from './caller.js'
import type { ArgumentsOf, Parameter } from './parameter.js'

/** A function of the database as it is called by its name in Glance: from the wire, with arguments by name. */
export interface Command {
  readonly parameters: Readonly<Record<string, Parameter>>
  /** Takes arguments that were checked. */
  readonly run: (caller: Caller, checked: Dictionary) => Promise<unknown>
}

/** Commands by their names. */
export type CommandTable = Readonly<Record<string, Command>>

/** Functions that belong together, and the names by which they are called. */
export interface CommandGroup {
  readonly commands: CommandTable
}

/** Says which arguments a function has, so that it can be called by name. */
export function command<const Parameters extends Readonly<Record<string, Parameter>>>(
  parameters: Parameters,
  run: (caller: Caller, checked: ArgumentsOf<Parameters>) => Promise<unknown>,
): Command {
  // What was checked by these parameters has these types.
  return Object.freeze({
    parameters,
    run: (caller: Caller, checked: Dictionary) => run(caller, checked as ArgumentsOf<Parameters>),
  })
}
