import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  and_,
  avg,
  count,
  exists,
  max,
  min,
  not_,
  or_,
  type Query,
  QueryError,
  RomeError,
  type RomeSession,
  sum,
  UsageError,
} from '../../lib/index.js'
import { addImages, heldBy, Image, image, nothingHeld, openImages, Property, property, Tag, tag } from '../support/image-fixture.js'

/** What is wrong is wrong for TypeScript too; here it comes from JavaScript, or from where types were lost. */
const wrong = (value: unknown) => value as never

const rome = await openImages(t)
const session = rome.session()
await addImages(session)
const images = session.query(Image)

type Mistake = readonly [what: string, make: () => unknown, code?: string]

/** Each mistake throws at once, before anything is read. */
function refusesAtOnce(t: Tap.Test, mistakes: readonly Mistake[], code: string, errorClass: ErrorClass): void {
  for (const [what, make, ownCode = code] of mistakes) {
    const error = caught(make)
    t.ok(error instanceof errorClass, `${what}: ${String(error)}`)
    t.equal((error as RomeError | undefined)?.code, ownCode, what)
  }
}

/** Each mistake is the rejection of a terminal. */
async function rejects(t: Tap.Test, mistakes: readonly Mistake[], code: string, errorClass: ErrorClass): Promise<void> {
  for (const [what, make, ownCode = code] of mistakes) {
    const error = await Promise.resolve()
      .then(make)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      )
    t.ok(error instanceof errorClass, `${what}: ${String(error)}`)
    t.equal((error as RomeError | undefined)?.code, ownCode, what)
  }
}

function caught(make: () => unknown): unknown {
  try {
    make()
  } catch (error) {
    return error
  }
  return undefined
}

type ErrorClass = abstract new (...details: never[]) => RomeError
namespace Tap {
  export type Test = typeof t
}
