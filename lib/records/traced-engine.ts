import { isPromise, type MaybePromise } from '../async/maybe-promise.js'
import type { CommitRequest, Engine, EngineSnapshot, Key, KeyRange, Scan, ScanOptions } from '../engines/contract.js'
import type { Observer } from './observer.js'
import { WrappedSnapshot, wrapEngine } from './wrap-engine.js'

/**
 * An engine whose commits are observed, and those of its reads that wait for something. Reads from memory are too many
 * and too quick to be told of.
 */
export function tracedEngine(engine: Engine, observer: Observer): Engine {
  return wrapEngine(engine, {
    commit: async (request: CommitRequest) => {
      const attributes = { 'rome.writes': request.writes.length }
      return observer.observe({ operation: 'engine commit', isRequest: true, attributes }, async (note) => {
        const version = await engine.commit(request)
        note({ 'rome.version': version })
        return version
      })
    },
    snapshot: () => {
      const snapshot = engine.snapshot()
      return isPromise(snapshot)
        ? waiting(observer, 'engine snapshot', snapshot).then((taken) => new TracedSnapshot(taken, observer))
        : new TracedSnapshot(snapshot, observer)
    },
  })
}

class TracedSnapshot extends WrappedSnapshot {
  readonly #observer: Observer

  constructor(inner: EngineSnapshot, observer: Observer) {
    super(inner)
    this.#observer = observer
  }

  override get(key: Key): MaybePromise<Uint8Array | undefined> {
    return observed(this.#observer, 'engine get', this.inner.get(key))
  }

  override getMany(keys: readonly Key[]): MaybePromise<readonly (Uint8Array | undefined)[]> {
    return observed(this.#observer, 'engine get', this.inner.getMany(keys), { 'rome.keys': keys.length })
  }

  override scan(range: KeyRange, options?: ScanOptions): Scan {
    const scan = this.inner.scan(range, options)
    return {
      next: () => observed(this.#observer, 'engine scan', scan.next()),
      close: () => scan.close(),
    }
  }
}

function observed<T>(
  observer: Observer,
  operation: string,
  value: MaybePromise<T>,
  attributes?: Readonly<Record<string, number>>,
): MaybePromise<T> {
  return isPromise(value) ? waiting(observer, operation, value, attributes) : value
}

async function waiting<T>(
  observer: Observer,
  operation: string,
  value: Promise<T>,
  attributes: Readonly<Record<string, number>> = {},
): Promise<T> {
  const end = observer.begin({ operation, isRequest: true, attributes })
  try {
    const result = await value
    end()
    return result
  } catch (error) {
    end({}, error)
    throw error
  }
}
