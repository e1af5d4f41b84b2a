/** Digits after the point that a quotient of decimals is rounded to, unless the dividend has more. */
const quotientScale = 20

/** `units` × 10^-`scale`; the scale is never negative. */
interface Parts {
  readonly units: bigint
  readonly scale: number
}

/** The sum of two canonical decimals. This and all below give canonical text, of any number of digits. */
export function addDecimals(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b)
  return decimalText(left + right, scale)
}

export function subtractDecimals(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b)
  return decimalText(left - right, scale)
}

export function multiplyDecimals(a: string, b: string): string {
  const left = partsOf(a)
  const right = partsOf(b)
  return decimalText(left.units * right.units, left.scale + right.scale)
}

/** Rounded half away from zero to twenty digits after the point, or as many as `a` has. The divisor is not zero. */
export function divideDecimals(a: string, b: string): string {
  const left = partsOf(a)
  const right = partsOf(b)
  const scale = Math.max(left.scale, quotientScale)
  const dividend = left.units * 10n ** BigInt(scale - left.scale + right.scale)
  return decimalText(roundedQuotient(dividend, right.units), scale)
}

/** What is left of `a` by a division to a whole number; it has the sign of `a`. The divisor is not zero. */
export function remainderOfDecimals(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b)
  return decimalText(left % right, scale)
}

export function negateDecimal(text: string): string {
  if (text === '0') return text
  return text.startsWith('-') ? text.slice(1) : `-${text}`
}

/** Rounded half away from zero to so many digits after the point. */
export function roundDecimal(text: string, digits: number): string {
  const { units, scale } = partsOf(text)
  return scale <= digits ? text : decimalText(roundedQuotient(units, 10n ** BigInt(scale - digits)), digits)
}

/** The digits before the point: rounded toward zero. */
export function truncateDecimal(text: string): bigint {
  const point = text.indexOf('.')
  return BigInt(point === -1 ? text : text.slice(0, point))
}

/** The shortest decimal that stands for a finite number, without an exponent. */
export function decimalOfNumber(value: number): string {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const { units, scale } = partsOf(mantissa)
  const shifted = scale - Number(exponent)
  return shifted < 0 ? decimalText(units * 10n ** BigInt(-shifted), 0) : decimalText(units, shifted)
}

/** An exact sum of decimals, in units of 10^-scale. */
export class DecimalSum {
  #units = 0n
  #scale = 0

  /** Adds a canonical decimal. */
  add(text: string): void {
    const { units, scale } = partsOf(text)
    if (scale > this.#scale) {
      this.#units *= 10n ** BigInt(scale - this.#scale)
      this.#scale = scale
    }
    this.#units += units * 10n ** BigInt(this.#scale - scale)
  }

  /** The sum as a canonical decimal. */
  toString(): string {
    return decimalText(this.#units, this.#scale)
  }

  /** The sum divided by a positive number, rounded as {@link divideDecimals} does. */
  dividedBy(count: bigint): string {
    return divideDecimals(this.toString(), String(count))
  }
}

function partsOf(text: string): Parts {
  const point = text.indexOf('.')
  if (point === -1) return { units: BigInt(text), scale: 0 }
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 }
}

/** The units of both at the larger of their scales. */
function aligned(a: string, b: string): [left: bigint, right: bigint, scale: number] {
  const left = partsOf(a)
  const right = partsOf(b)
  const scale = Math.max(left.scale, right.scale)
  return [left.units * 10n ** BigInt(scale - left.scale), right.units * 10n ** BigInt(scale - right.scale), scale]
}

/** Half away from zero. */
function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const magnitude = (2n * absolute(dividend) + absolute(divisor)) / (2n * absolute(divisor))
  return dividend < 0n === divisor < 0n ? magnitude : -magnitude
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function decimalText(units: bigint, scale: number): string {
  const digits = absolute(units)
    .toString()
    .padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return units < 0n ? `-${text}` : text
}
