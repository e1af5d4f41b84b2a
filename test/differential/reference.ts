import initSqlJs, { type Database } from 'sql.js'
import { columnWithRole, indexAlias, keysOf, type ModelShape, tableOf } from './model-shape.js'
import type { ValuePair } from './pairs.js'
import { literalOf, shown } from './sql-text.js'
import type { SqlValue } from './value-kinds.js'

const { Database: DatabaseClass } = await initSqlJs()

/** A row of results as texts of its values, with the number of its group of ties. */
export interface ReferenceRow {
  readonly row: string
  /** The texts by themselves. */
  readonly values: readonly string[]
  readonly tie: number
}

/** SQLite with the same models and rows, asked the same questions. */
export class Reference {
  readonly #database: Database = new DatabaseClass()
  readonly #models: readonly ModelShape[]

  constructor(models: readonly ModelShape[]) {
    this.#models = models
    this.run('PRAGMA case_sensitive_like = ON')
    this.#database.create_function('lower_case', (text) => text?.toLowerCase() ?? null)
    this.#database.create_function('upper_case', (text) => text?.toUpperCase() ?? null)
    this.#database.create_function('utc_text', (time) => (time === null ? null : new Date(Number(time)).toISOString()))
    for (const model of models) this.run(createTable(model))
    this.run('BEGIN')
  }

  /** @returns how many rows were changed. */
  run(sql: string): number {
    this.#database.run(sql)
    return this.#database.getRowsModified()
  }

  /** All rows of a SELECT. */
  read(sql: string): SqlValue[][] {
    const statement = this.#database.prepare(sql)
    try {
      const rows: SqlValue[][] = []
      while (statement.step()) rows.push(statement.get(null, { useBigInt: true }) as SqlValue[])
      return rows
    } finally {
      statement.free()
    }
  }

  /** Rows of a SELECT whose last column numbers the ties. */
  readShown(sql: string, outputs: readonly ValuePair[]): ReferenceRow[] {
    return this.read(sql).map((row) => {
      const values = outputs.map(({ kind }, position) => shown(kind, row[position]))
      return { row: values.join(', '), values, tie: Number(row[outputs.length]) }
    })
  }

  insert(model: ModelShape, entity: Readonly<Record<string, unknown>>): void {
    const values = model.columns.map(({ name, kind, role }) =>
      role === 'version' ? '1' : literalOf(kind, entity[name]),
    )
    this.run(`INSERT INTO ${tableOf(model)} VALUES (${values.join(', ')})`)
  }

  /** Runs changes, and takes them back when they break a rule. @returns whether they stay. */
  try(change: () => void): boolean {
    this.run('SAVEPOINT attempt')
    change()
    const isFine = !this.#isRuleBroken()
    if (!isFine) this.run('ROLLBACK TO attempt')
    this.run('RELEASE attempt')
    return isFine
  }

  close(): void {
    this.#database.close()
  }

  /** Unique among rows that are not deleted; null equals nothing. Looked at when a change is done. */
  #isRuleBroken(): boolean {
    return this.#models.some((model) =>
      model.indexes.some((index) => {
        if (!index.isUnique) return false
        const names = index.columns.map(({ name }) => `${indexAlias}.${name}`)
        const conditions = names.map((name) => `${name} IS NOT NULL`)
        if (columnWithRole(model, 'deletedAt') !== undefined) conditions.push(`${indexAlias}.deletedAt IS NULL`)
        if (index.where !== undefined) conditions.push(`(${index.where.sql})`)
        const grouped = `GROUP BY ${names.join(', ')} HAVING count(*) > 1`
        const sql = `SELECT 1 FROM ${tableOf(model)} AS ${indexAlias} WHERE ${conditions.join(' AND ')} ${grouped}`
        return this.read(sql).length > 0
      }),
    )
  }
}

export function createTable(model: ModelShape): string {
  const columns = model.columns.map(
    ({ name, kind, isNullable }) => `${name} ${kind.sqlType}${isNullable ? '' : ' NOT NULL'}`,
  )
  const table = `CREATE TABLE ${tableOf(model)} (${columns.join(', ')}, PRIMARY KEY (${keysOf(model)
    .map((key) => key.name)
    .join(', ')}))`
  if (model.scope === undefined) return table
  return `${table};
CREATE VIEW ${model.name} AS SELECT * FROM ${tableOf(model)} AS ${indexAlias} WHERE ${model.scope.sql}`
}
