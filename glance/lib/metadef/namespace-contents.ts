import { type Column, create, type ModelClass, type Query, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import type { GlanceStore } from '../database/glance-store.js'
import type { ErrorKind } from '../errors/error-kinds.js'
import { GlanceError, type GlanceErrorContext } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { findByKey } from '../lists/find-by-key.js'
import type { Dated } from '../models/dated.js'
import { now } from '../values/clock.js'
import { definitionValues } from './definition-values.js'
import { findNamespace } from './namespace-access.js'

/** What objects, properties and tags have in common. */
export interface Definition extends Dated {
  id: number
  namespace_id: number
  name: string
}

/** What a kind of definition is: its table, its columns, its errors, and how it is answered. */
export interface DefinitionKind<Row extends Definition, Record> {
  readonly model: ModelClass<Row>
  readonly table: string
  readonly columns: {
    readonly id: Column<number>
    readonly namespace_id: Column<number>
    readonly name: Column<string>
  }
  readonly notFound: ErrorKind
  readonly duplicate: ErrorKind
  readonly record: (row: Row) => Record
}

/**
 * The definitions of one kind that namespaces hold, each under a name that its namespace has once. Whoever may see a
 * namespace may change what it holds.
 */
export class NamespaceContents<Row extends Definition, Record> {
  readonly #store: GlanceStore
  readonly #kind: DefinitionKind<Row, Record>

  constructor(store: GlanceStore, kind: DefinitionKind<Row, Record>) {
    this.#store = store
    this.#kind = kind
  }

  async create(caller: Caller, namespace: string, values: object): Promise<Record> {
    const { table, record } = this.#kind
    const id = await this.#store.serials.next(table)
    return this.#store.write(async (session) => {
      const { id: namespace_id } = await findNamespace(session, caller, namespace)
      const row = this.make(values, { id, namespace_id })
      if ((await this.#named(session, namespace_id, row.name)) !== undefined) throw this.duplicate(row.name)
      session.add(row)
      await session.flush()
      return record(row)
    })
  }

  /** A definition that is not added yet. */
  make(values: object, keys: { readonly id: number; readonly namespace_id: number }): Row {
    const { model } = this.#kind
    return Object.assign(create(model, {}), definitionValues(model, values), keys)
  }

  async get(caller: Caller, namespace: string, name: string): Promise<Record> {
    return this.#store.read(async (session) => {
      const { id } = await findNamespace(session, caller, namespace)
      return this.#kind.record(await this.#find(session, id, name))
    })
  }

  async getAll(caller: Caller, namespace: string): Promise<Record[]> {
    const { columns, record } = this.#kind
    return this.#store.read(async (session) => {
      const { id } = await findNamespace(session, caller, namespace)
      const rows = await this.of(session, id).orderBy(columns.id).all()
      return rows.map(record)
    })
  }

  /** The definition is looked up by its number alone. */
  async update(caller: Caller, namespace: string, id: number, values: object): Promise<Record> {
    const { model, record } = this.#kind
    return this.#store.write(async (session) => {
      await findNamespace(session, caller, namespace)
      const row = await this.byId(session, id)
      const changes = definitionValues(model, values)
      const taken = await this.#named(session, row.namespace_id, changes.name ?? row.name)
      if (taken !== undefined && taken !== row) throw this.duplicate(changes.name)
      Object.assign(row, changes, { updated_at: now() })
      await session.flush()
      return record(row)
    })
  }

  async delete(caller: Caller, namespace: string, name: string): Promise<Record> {
    return this.#store.write(async (session) => {
      const { id } = await findNamespace(session, caller, namespace)
      const row = await this.#find(session, id, name)
      const record = this.#kind.record(row)
      session.delete(row)
      return record
    })
  }

  /** Erases all of the kind. */
  async clear(caller: Caller, namespace: string): Promise<number> {
    return this.#store.write(async (session) => {
      const { id } = await findNamespace(session, caller, namespace)
      return this.of(session, id).hardDelete()
    })
  }

  async count(caller: Caller, namespace: string): Promise<number> {
    return this.#store.read(async (session) => {
      const { id } = await findNamespace(session, caller, namespace)
      return this.of(session, id).count()
    })
  }

  /** The query of what a namespace holds. */
  of(session: RomeSession, namespace_id: number): Query<Row, Extract<Row, object>> {
    const { model, columns } = this.#kind
    return session.query(model).filter(columns.namespace_id.eq(namespace_id))
  }

  async byId(session: RomeSession, id: number): Promise<Row> {
    const row = await findByKey(session, this.#kind.model, id)
    if (row === undefined) throw this.#notFound({ id })
    return row
  }

  async #find(session: RomeSession, namespace_id: number, name: string): Promise<Row> {
    const row = await this.#named(session, namespace_id, name)
    if (row === undefined) throw this.#notFound({ name })
    return row
  }

  async #named(session: RomeSession, namespace_id: number, name: unknown): Promise<Row | undefined> {
    return this.of(session, namespace_id).filter(equalTo(this.#kind.columns.name, name)).oneOrNone()
  }

  /** That the namespace has a definition of this name. */
  duplicate(name: unknown): GlanceError {
    return new GlanceError(this.#kind.duplicate, 'The namespace has one of this name.', { name })
  }

  #notFound(context: GlanceErrorContext): GlanceError {
    return new GlanceError(this.#kind.notFound, 'The namespace has no such definition.', context)
  }
}
