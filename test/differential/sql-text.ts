import type { SqlValue, ValueKind } from './value-kinds.js'

/** A value as SQL writes it. */
export function sqlLiteral(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  if (typeof value === 'bigint') return String(value)
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value)
}

/** A property's value as SQL writes it. */
export function literalOf(kind: ValueKind, property: unknown): string {
  return sqlLiteral(property === null ? null : kind.toSql(property))
}

/** Text for a value that is the same for the same values of either side. */
export function shown(kind: ValueKind, value: SqlValue): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) {
    return kind.family === 'bytes'
      ? `x${Buffer.from(value).toString('hex')}`
      : JSON.stringify(Buffer.from(value).toString())
  }
  if (kind.isRounded) return Number(value).toPrecision(12)
  return kind.sqlType === 'REAL' ? String(Number(value) + 0) : String(BigInt(value))
}

/** The same for what Rome gave out; `undefined` and values of a wrong type show as what they are. */
export function shownProperty(kind: ValueKind, property: unknown): string {
  if (property === null) return 'null'
  try {
    return shown(kind, kind.toSql(property))
  } catch (error) {
    return `${kind.name}? ${String(error)}`
  }
}
