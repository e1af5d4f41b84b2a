/** Whether a bigint fits 64 bits with sign. */
export function isSigned64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

/** The row value of a tuple's integer, which is a number where it is safe; `undefined` when it is no integer. */
export function bigintOfElement(element: unknown): bigint | undefined {
  if (typeof element === 'bigint') return element
  return typeof element === 'number' && Number.isSafeInteger(element) ? BigInt(element) : undefined
}
