import { andThen, isPromise } from '../async/maybe-promise.js'
import type { Engine, EngineSnapshot, KeyRange, Scan, ScanOptions } from '../engines/contract.js'
import type { OpenResources } from './open-resources.js'
import { WrappedSnapshot, wrapEngine } from './wrap-engine.js'

/** An engine of which it is known who took its snapshots and began its scans. */
export function watchedEngine(engine: Engine, resources: OpenResources): Engine {
  return wrapEngine(engine, {
    snapshot: () => {
      const taken = engine.snapshot()
      const closed = resources.opened('snapshot')
      if (isPromise(taken)) taken.catch(closed)
      return andThen(taken, (snapshot) => new WatchedSnapshot(snapshot, resources, closed))
    },
  })
}

class WatchedSnapshot extends WrappedSnapshot {
  readonly #resources: OpenResources
  readonly #closed: () => void
  readonly #scans = new Set<() => void>()

  constructor(inner: EngineSnapshot, resources: OpenResources, closed: () => void) {
    super(inner)
    this.#resources = resources
    this.#closed = closed
  }

  override scan(range: KeyRange, options?: ScanOptions): Scan {
    const scan = this.inner.scan(range, options)
    const closed = this.#resources.opened('scan')
    this.#scans.add(closed)
    return {
      next: () => scan.next(),
      close: () => {
        this.#scans.delete(closed)
        closed()
        return scan.close()
      },
    }
  }

  override release(): void {
    // It closes its scans.
    for (const closed of this.#scans) closed()
    this.#closed()
    this.inner.release()
  }
}
