import { isPromise, type MaybePromise } from '../async/maybe-promise.js'
import type { CommitRequest, Engine, EngineSnapshot, Key, KeyRange, Scan, ScanOptions } from '../engines/contract.js'
import type { Observer } from './observer.js'

/**
 * An engine whose commits are observed, and those of its reads that wait for something. Reads from memory are too many
 * and too quick to be told of.
 */
export function tracedEngine(engine: Engine, observer: Observer): Engine {
  const traced: Pick<Engine, 'commit' | 'snapshot'> = {
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
  }
  return new Proxy(engine, {
    get(target, name) {
      if (Object.hasOwn(traced, name)) return Reflect.get(traced, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

class TracedSnapshot implements EngineSnapshot {
  readonly #snapshot: EngineSnapshot
  readonly #observer: Observer

  constructor(snapshot: EngineSnapshot, observer: Observer) {
    this.#snapshot = snapshot
    this.#observer = observer
  }

  get version(): number {
    return this.#snapshot.version
  }

  get(key: Key): MaybePromise<Uint8Array | undefined> {
    return observed(this.#observer, 'engine get', this.#snapshot.get(key))
  }

  getMany(keys: readonly Key[]): MaybePromise<readonly (Uint8Array | undefined)[]> {
    return observed(this.#observer, 'engine get', this.#snapshot.getMany(keys), { 'rome.keys': keys.length })
  }

  scan(range: KeyRange, options?: ScanOptions): Scan {
    const scan = this.#snapshot.scan(range, options)
    return {
      next: () => observed(this.#observer, 'engine scan', scan.next()),
      close: () => scan.close(),
    }
  }

  release(): void {
    this.#snapshot.release()
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
