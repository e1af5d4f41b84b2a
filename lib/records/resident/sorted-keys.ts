import type { Key } from '../../codec/key.js'

/**
 * Keys of a range in ascending order. Beside each stands a number made of its first bytes that are not common to the
 * whole range. A search goes through these numbers, which lie side by side, and looks at keys only where numbers are
 * equal: each key is somewhere else in memory, and waiting for it takes longer than all the rest.
 */
export class SortedKeys {
  readonly keys: Key[]
  /** How many first bytes all keys that can be here have in common. */
  readonly shared: number
  /** The number of each key. */
  protected readonly digits: number[]

  constructor(keys: Key[], shared: number, digits: number[] = digitsOf(keys, shared)) {
    this.keys = keys
    this.shared = shared
    this.digits = digits
  }

  /**
   * The position of the first key that is not before `key`, which lies in the range or is its end: not beyond. None
   * before `from` is looked at.
   */
  lowerBound(key: Key, from = 0): number {
    return this.#position(key, false, from)
  }

  /** The position of the first key that may not be before `key`: by the numbers alone. */
  near(key: Key): number {
    const { digits } = this
    const wanted = digitsAt(key, this.shared)
    let low = 0
    let high = digits.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((digits[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }

  /** How many keys are not after `key`, which lies in the range. */
  upperBound(key: Key): number {
    return this.#position(key, true, 0)
  }

  /** What a search looks at first. */
  get middle(): number {
    return this.digits[this.digits.length >>> 1] ?? 0
  }

  #position(key: Key, isAfterEqual: boolean, from: number): number {
    const { keys, digits } = this
    const wanted = digitsAt(key, this.shared)
    let low = from
    let high = digits.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = digits[middle] as number
      if (found < wanted || (found === wanted && isBefore(keys[middle] as Key, key, isAfterEqual))) low = middle + 1
      else high = middle
    }
    return low
  }

  protected insertKey(at: number, key: Key): void {
    this.keys.splice(at, 0, key)
    this.digits.splice(at, 0, digitsAt(key, this.shared))
  }

  protected removeKeys(at: number, count: number): void {
    this.keys.splice(at, count)
    this.digits.splice(at, count)
  }
}

/** How many first bytes all keys from `start` to before `end` have in common. */
export function sharedLength(start: Key, end: Key | undefined): number {
  if (end === undefined) return 0
  let length = 0
  while (length < start.length && start.charCodeAt(length) === end.charCodeAt(length)) length++
  return length
}

function isBefore(found: Key, key: Key, isAfterEqual: boolean): boolean {
  return found < key || (isAfterEqual && found === key)
}

function digitsOf(keys: readonly Key[], from: number): number[] {
  const digits = new Array<number>(keys.length)
  for (let at = 0; at < keys.length; at++) digits[at] = digitsAt(keys[at] as Key, from)
  return digits
}

/** Four bytes of a key as a number in their order, of the 32 bits that need no object of their own. */
function digitsAt(key: Key, from: number): number {
  const first = from + 4 <= key.length ? fourBytes(key, from) : lastBytes(key, from)
  return first ^ (1 << 31)
}

function fourBytes(key: Key, from: number): number {
  return (
    (key.charCodeAt(from) << 24) |
    (key.charCodeAt(from + 1) << 16) |
    (key.charCodeAt(from + 2) << 8) |
    key.charCodeAt(from + 3)
  )
}

/** As if zeros followed the key, which sorts it before those that go on. */
function lastBytes(key: Key, from: number): number {
  let bytes = 0
  for (let at = from; at < from + 4; at++) bytes = (bytes << 8) | (at < key.length ? key.charCodeAt(at) : 0)
  return bytes
}
