import type { MaybePromise } from '../async/maybe-promise.js'
import type { Engine, EngineSnapshot, Key, KeyRange, Scan, ScanOptions } from '../engines/contract.js'

/** The engine itself, with some of its methods done another way. */
export function wrapEngine(engine: Engine, methods: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get(target, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A snapshot that stands for another one. */
export class WrappedSnapshot implements EngineSnapshot {
  readonly inner: EngineSnapshot

  constructor(inner: EngineSnapshot) {
    this.inner = inner
  }

  get version(): number {
    return this.inner.version
  }

  get(key: Key): MaybePromise<Uint8Array | undefined> {
    return this.inner.get(key)
  }

  getMany(keys: readonly Key[]): MaybePromise<readonly (Uint8Array | undefined)[]> {
    return this.inner.getMany(keys)
  }

  scan(range: KeyRange, options?: ScanOptions): Scan {
    return this.inner.scan(range, options)
  }

  release(): void {
    this.inner.release()
  }
}
