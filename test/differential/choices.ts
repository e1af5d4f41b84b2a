/**
 * Where generators get their choices from: random numbers at first, and when a failure is made smaller a tape of the
 * choices that were made, with some of them replaced. On every choice 0 is the simplest answer, and a tape that has
 * run out gives only zeros, so a shorter or smaller tape makes a simpler thing. Generators are plain functions.
 */
export class Choices {
  /** What was chosen so far. */
  readonly tape: number[] = []
  readonly #given: readonly number[] | undefined
  #state: number

  /** @param source a seed, or a tape to play. */
  constructor(source: number | readonly number[]) {
    this.#given = typeof source === 'number' ? undefined : source
    this.#state = typeof source === 'number' ? scramble(source) : 0
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    const given = this.#given === undefined ? this.#random() : (this.#given[this.tape.length] ?? 0)
    const chosen = given % count
    this.tape.push(chosen)
    return chosen
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** True in so many cases of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]
  }

  /** One of the makers, each as often as its weight says; the first is the simplest. */
  weighted<T>(makers: readonly (readonly [weight: number, make: () => T])[]): T {
    let left = this.below(makers.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, make] of makers) {
      if (left < weight) return make()
      left -= weight
    }
    throw new RangeError('the weights add up to more than they do')
  }

  /** From `least` to `most` things. */
  list<T>(least: number, most: number, make: (position: number) => T): T[] {
    return Array.from({ length: this.between(least, most) }, (_, position) => make(position))
  }

  /** From `least` to `most` different members of a list, in any order. */
  some<T>(list: readonly T[], least: number, most: number): T[] {
    const left = [...list]
    return this.list(least, Math.min(most, left.length), () => left.splice(this.below(left.length), 1)[0])
  }

  /** A xorshift of 32 bits. */
  #random(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state
  }
}

/** Neighbouring seeds begin far from each other, and never at zero. */
export function scramble(seed: number): number {
  let x = (seed ^ 0x9e3779b9) >>> 0
  for (let round = 0; round < 3; round++) x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) >>> 0
  return x === 0 ? 1 : x
}
