import initSqlJs, { type Database } from 'sql.js'
import {
  columnWithRole,
  type IndexShape,
  indexAlias,
  keysOf,
  type ModelShape,
  tableOf,
  targetOf,
} from './model-shape.js'
import type { ValuePair } from './pairs.js'
import type { Place } from './questions/question.js'
import { departed, softReferences, stampsOf, triggers } from './reference-triggers.js'
import { literalOf, shown, sqlLiteral } from './sql-text.js'
import { time } from './time.js'
import type { SqlValue } from './value-kinds.js'

const { Database: DatabaseClass } = await initSqlJs()

/** A row of results as texts of its values, with the number of its group of ties. */
export interface ReferenceRow {
  readonly row: string
  /** The texts by themselves. */
  readonly values: readonly string[]
  readonly tie: number
}

/** A row of results with its place in their order. */
export interface PlacedRow {
  readonly row: string
  readonly values: readonly SqlValue[]
  readonly place: Place
}

/** Rows of a model to be erased. */
export interface Erased {
  readonly model: ModelShape
  readonly where: string
}

/** SQLite with the same models and rows, asked the same questions. */
export class Reference {
  readonly #database: Database = new DatabaseClass()
  readonly #models: readonly ModelShape[]

  constructor(models: readonly ModelShape[]) {
    this.#models = models
    this.run('PRAGMA case_sensitive_like = ON')
    this.run('PRAGMA foreign_keys = ON')
    this.#database.create_function('lower_case', (text) => text?.toLowerCase() ?? null)
    this.#database.create_function('upper_case', (text) => text?.toUpperCase() ?? null)
    this.#database.create_function('utc_text', (time) => (time === null ? null : new Date(Number(time)).toISOString()))
    this.#database.create_function('time_now', () => time.now.getTime())
    for (const model of models) this.run(createTable(model))
    for (const sql of triggers(models)) this.run(sql)
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

  /** Rows of a SELECT whose last columns are what they are ordered by. */
  readPlaced(sql: string, outputs: readonly ValuePair[]): PlacedRow[] {
    return this.read(sql).map((values) => ({
      row: outputs.map(({ kind }, position) => shown(kind, values[position])).join(', '),
      values,
      place: values.slice(outputs.length),
    }))
  }

  insert(model: ModelShape, entity: Readonly<Record<string, unknown>>): void {
    const values = model.columns.map(({ name, kind, role }) =>
      role === 'version' ? '1' : literalOf(kind, entity[name]),
    )
    this.run(`INSERT INTO ${tableOf(model)} VALUES (${values.join(', ')})`)
  }

  /**
   * Runs changes, and takes them back when they break a rule. Rows are erased last, since foreign keys are followed
   * when all is written; values have to be unique among what is written before that.
   * @returns the codes of the rules that they break; none when they stay.
   */
  try(change: () => void, erased: readonly Erased[] = []): string[] {
    this.run('SAVEPOINT attempt')
    change()
    const areUnique = this.#areUnique(erased)
    for (const { model, where } of erased) this.run(`DELETE FROM ${tableOf(model)} WHERE ${where}`)
    this.#followSoftDeleted()
    const broken = [
      ...(areUnique && this.#areUnique([]) ? [] : ['ROME_UNIQUE']),
      ...(this.#areReferencesKept() ? [] : ['ROME_FOREIGN_KEY']),
    ]
    if (broken.length > 0) this.run('ROLLBACK TO attempt')
    this.run('RELEASE attempt')
    return broken
  }

  close(): void {
    this.#database.close()
  }

  /** What refers to rows that were marked as deleted is marked too, where its relation says so. */
  #followSoftDeleted(): void {
    const followed = softReferences(this.#models)
    for (let isDone = followed.length === 0; !isDone; ) {
      isDone = true
      for (const target of this.#models) {
        const gone = this.read(`SELECT * FROM ${departed(target)}`)
        this.run(`DELETE FROM ${departed(target)}`)
        if (gone.length > 0) isDone = false
        for (const { model, reference } of followed.filter((of) => of.reference.target === target.name)) {
          const stamps = ['deletedAt = time_now()', ...stampsOf(model)].join(', ')
          for (const key of gone) {
            const refers = reference.own.map(({ name }, place) => `${name} = ${sqlLiteral(key[place])}`).join(' AND ')
            this.run(`UPDATE ${tableOf(model)} SET ${stamps} WHERE deletedAt IS NULL AND ${refers}`)
          }
        }
      }
    }
  }

  #areReferencesKept(): boolean {
    const hasReferences = this.#models.some(({ references }) => references.length > 0)
    return !hasReferences || this.read('PRAGMA foreign_key_check').length === 0
  }

  /** Among rows that are not deleted; null equals nothing. */
  #areUnique(erased: readonly Erased[]): boolean {
    return this.#models.every((model) => {
      const kept = erased.filter((of) => of.model === model).map(({ where }) => `NOT (${where})`)
      return model.indexes.every((index) => !index.isUnique || this.#isUnique(model, index, kept))
    })
  }

  #isUnique(model: ModelShape, { columns, where }: IndexShape, kept: readonly string[]): boolean {
    const names = columns.map(({ name }) => `${indexAlias}.${name}`)
    const conditions = [...kept, ...names.map((name) => `${name} IS NOT NULL`)]
    if (columnWithRole(model, 'deletedAt') !== undefined) conditions.push(`${indexAlias}.deletedAt IS NULL`)
    if (where !== undefined) conditions.push(`(${where.sql})`)
    const grouped = `GROUP BY ${names.join(', ')} HAVING count(*) > 1`
    const sql = `SELECT 1 FROM ${tableOf(model)} AS ${indexAlias} WHERE ${conditions.join(' AND ')} ${grouped}`
    return this.read(sql).length === 0
  }
}

/** A model as SQLite is told of it. Foreign keys are looked at when a change is done, as at the end of a flush. */
export function createTable(model: ModelShape): string {
  const columns = model.columns.map(
    ({ name, kind, isNullable }) => `${name} ${kind.sqlType}${isNullable ? '' : ' NOT NULL'}`,
  )
  const key = `PRIMARY KEY (${keysOf(model).map(({ name }) => name)})`
  const foreignKeys = model.references.map((reference) => {
    const { own, onDelete } = reference
    const names = own.map(({ name }) => name).join(', ')
    const action = { restrict: 'NO ACTION', cascade: 'CASCADE', setNull: 'SET NULL' }[onDelete]
    const target = tableOf(targetOf(model, reference))
    return `FOREIGN KEY (${names}) REFERENCES ${target} ON DELETE ${action} DEFERRABLE INITIALLY DEFERRED`
  })
  const table = `CREATE TABLE ${tableOf(model)} (${[...columns, key, ...foreignKeys].join(', ')})`
  if (model.scope === undefined) return table
  return `${table};
CREATE VIEW ${model.name} AS SELECT * FROM ${tableOf(model)} AS ${indexAlias} WHERE ${model.scope.sql}`
}
