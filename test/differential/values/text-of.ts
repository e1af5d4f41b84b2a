/** Texts are kept as bytes, which SQLite orders by code point and does not mix up with its own texts. */
export function bytesOf(sql: string): string {
  return `CAST(${sql} AS BLOB)`
}

/** What is kept as bytes, for SQLite's functions of text. */
export function textOf(sql: string): string {
  return `CAST(${sql} AS TEXT)`
}
