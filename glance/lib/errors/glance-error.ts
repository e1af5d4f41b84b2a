import { type ErrorKind, errorKinds } from './error-kinds.js'

/** What varies between two errors of one message. */
export type GlanceErrorContext = Readonly<Record<string, unknown>>

/**
 * What Glance's database layer says no with. Its kind is the name of a class of Glance's; kinds have kinds above them,
 * which {@link GlanceError.is} knows. Whatever raises one has changed nothing, unless its function says so.
 *
 * @example
 * ```ts no-run
 * import { type Caller, GlanceDatabase, GlanceError } from '@rome-orm/glance'
 *
 * async function leave(glance: GlanceDatabase, caller: Caller, memb_id: number): Promise<boolean> {
 *   try {
 *     await glance.members.delete(caller, { memb_id })
 *     return true
 *   } catch (error) {
 *     if (error instanceof GlanceError && error.is('NotFound')) return false
 *     throw error
 *   }
 * }
 * ```
 */
export class GlanceError extends Error {
  readonly kind: ErrorKind
  readonly context: GlanceErrorContext

  /** What varies stands in the context, and behind the sentence for those who see the message alone. */
  constructor(kind: ErrorKind, sentence: string, context: GlanceErrorContext = {}, options: ErrorOptions = {}) {
    super(sentence + describe(context), options)
    this.name = kind
    this.kind = kind
    this.context = context
  }

  /** Whether the error is of this kind, or of one below it: an `ImageNotFound` is a `NotFound`. */
  is(kind: ErrorKind): boolean {
    for (let own: ErrorKind | null = this.kind; own !== null; own = errorKinds[own]) if (own === kind) return true
    return false
  }
}

const valueCharactersMax = 200

function describe(context: GlanceErrorContext): string {
  const facts = Object.entries(context).map(([name, value]) => {
    const text = JSON.stringify(value) ?? String(value)
    return `${name}: ${text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text}`
  })
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`
}
