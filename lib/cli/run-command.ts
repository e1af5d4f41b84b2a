import { RomeError } from '../errors/rome-error.js'
import { type ProgressLine, progressLine } from './progress-line.js'

/** The command line itself is wrong. A command that failed, or found something wrong, ends with 1. */
export const usageExitCode = 2

/** What a command found out. */
export interface CommandResult {
  /** For machines. */
  readonly result: unknown
  /** For people. */
  readonly text: string
  /** Whether the process ends with 0. */
  readonly isGood: boolean
}

/** Runs a command: prints its result, or its error, and says by the exit code how it went. */
export async function runCommand(
  options: { readonly json?: boolean },
  command: (progress: ProgressLine) => Promise<CommandResult>,
): Promise<void> {
  const progress = progressLine(process.stderr)
  try {
    const { result, text, isGood } = await command(progress)
    progress.end()
    console.log(options.json ? toJson(result) : text)
    process.exitCode = isGood ? 0 : 1
  } catch (error) {
    progress.end()
    process.exitCode = 1
    // A program reads its answer from one place, whatever it is.
    if (options.json) console.log(toJson({ error: errorAsData(error) }))
    else console.error(errorText(error))
  }
}

function errorText(error: unknown): string {
  if (process.env.ROME_DEBUG && error instanceof Error) return error.stack ?? error.message
  if (!(error instanceof RomeError)) return `rome: ${error instanceof Error ? error.message : String(error)}`
  return `${error.code}: ${error.message}\nSee ${pageOf(error)} of the package rome-orm.`
}

function errorAsData(error: unknown): unknown {
  const stack = process.env.ROME_DEBUG && error instanceof Error ? { stack: error.stack } : {}
  if (!(error instanceof RomeError))
    return { message: error instanceof Error ? error.message : String(error), ...stack }
  return { code: error.code, message: error.message, context: error.context, page: pageOf(error), ...stack }
}

function pageOf(error: RomeError): string {
  return `docs/errors/${error.code}.md`
}

function toJson(value: unknown): string {
  return JSON.stringify(value, jsonValue, 2)
}

/** What keys hold and JSON cannot say. */
function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof RomeError) return { code: value.code, message: value.message }
  return value
}
