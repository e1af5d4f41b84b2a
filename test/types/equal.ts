/** True when both types are the same, not merely assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles for `true` only: `expectTrue<Equal<A, B>>()`. */
export declare function expectTrue<T extends true>(): T
