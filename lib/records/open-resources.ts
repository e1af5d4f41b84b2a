import { fileURLToPath } from 'node:url'

/** What has to be closed by somebody. */
export type ResourceKind = 'session' | 'stream' | 'snapshot' | 'scan'

/** Something that is open. */
export interface OpenResource {
  readonly kind: ResourceKind
  /** The lines of the program that opened it, innermost first. */
  readonly openedAt: readonly string[]
}

/** Many of the lines are Rome's own. */
const stackLinesMax = 50

const compiledFolder = fileURLToPath(new URL('..', import.meta.url))
/** Rome's own lines, with and without source maps. */
const ownFolders = [compiledFolder, compiledFolder.replace(/([\\/])dist[\\/]lib[\\/]$/, '$1lib$1')]

/** Keeps account of what is open and who opened it. */
export class OpenResources {
  readonly #open = new Set<OpenResource>()

  /** To be called by whoever opens something. @returns what tells that it was closed. */
  opened(kind: ResourceKind): () => void {
    const resource = Object.freeze({ kind, openedAt: Object.freeze(callers()) })
    this.#open.add(resource)
    return () => void this.#open.delete(resource)
  }

  /** In the order of opening. */
  list(): OpenResource[] {
    return [...this.#open]
  }
}

function callers(): string[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = stackLinesMax
  const { stack = '' } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  const isOwn = (line: string): boolean => ownFolders.some((folder) => line.includes(folder))
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return lines.filter((line) => !isOwn(line) && !line.includes('node:')).map((line) => line.trim().slice('at '.length))
}
