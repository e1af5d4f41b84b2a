import { ConflictError } from '../../../lib/errors/rome-error.js'
import { create } from '../../../lib/schema/create.js'
import { fields } from '../../../lib/schema/fields.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { Item, type ItemRow, newTransaction, type Transaction } from './history.js'
import type { Recorder } from './recorder.js'
import { within } from './recording-engine.js'

const item = fields(Item)

/** Which items an operation is about: those of a range of ids, or those of a group, for which there is an index. */
export type Target = { readonly from: number; readonly to: number } | { readonly group: number }

/** A session that does one transaction after the other, each recorded. */
export class RecordedSession {
  readonly #recorder: Recorder
  readonly #session: RomeSession
  #transaction: Transaction | undefined
  #writes = 0

  constructor(recorder: Recorder) {
    this.#recorder = recorder
    this.#session = recorder.rome.session()
  }

  /** Reads one item by its key. */
  get(id: number): Promise<ItemRow | undefined> {
    return this.#do((transaction) => this.#get(transaction, id))
  }

  /** Reads items as entities. */
  all(target: Target): Promise<readonly ItemRow[]> {
    return this.#do(async (transaction) => {
      const found = await this.#session.query(Item).filter(predicateOf(target)).all()
      return this.#note(transaction, target, found)
    })
  }

  /** Reads items as columns, past the identity map. */
  columns(target: Target): Promise<readonly ItemRow[]> {
    return this.#do(async (transaction) => {
      const found = await this.#session.query(item.id, item.group, item.writer).filter(predicateOf(target)).all()
      return this.#note(
        transaction,
        target,
        found.map(([id, group, writer]) => ({ id, group, writer })),
      )
    })
  }

  /** Reads an item and changes it, or adds it when it is not there. */
  put(id: number, group: number): Promise<void> {
    return this.#do(async (transaction) => {
      const found = await this.#get(transaction, id)
      const writer = this.#writer(transaction)
      if (found === undefined) this.#session.add(create(Item, { id, group, writer }))
      else Object.assign(found, { group, writer })
    })
  }

  /** Adds an item that nobody looked for. */
  insert(id: number, group: number): Promise<void> {
    return this.#do(async (transaction) => {
      this.#session.add(create(Item, { id, group, writer: this.#writer(transaction) }))
    })
  }

  /** Reads an item and erases it. */
  erase(id: number): Promise<void> {
    return this.#do(async (transaction) => {
      const found = await this.#get(transaction, id)
      if (found !== undefined) this.#session.delete(found)
    })
  }

  /** Moves items to a group without being told which they are. */
  updateAll(target: Target, group: number): Promise<number> {
    return this.#do((transaction) => {
      const values = { group, writer: this.#writer(transaction) }
      return this.#blind(transaction, target, this.#session.query(Item).filter(predicateOf(target)).update(values))
    })
  }

  /** Erases items without being told which they are. */
  eraseAll(target: Target): Promise<number> {
    return this.#do((transaction) =>
      this.#blind(transaction, target, this.#session.query(Item).filter(predicateOf(target)).hardDelete()),
    )
  }

  /** Ends the transaction. Whether it was committed: it is not when there was a conflict. */
  async commit(): Promise<boolean> {
    const transaction = this.#transaction
    if (transaction === undefined) return true
    try {
      await within(transaction, () => this.#session.commit())
      transaction.hasCommitted = true
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    } finally {
      this.#end(transaction)
    }
    return transaction.hasCommitted
  }

  /** Ends the transaction without its writes. */
  async rollback(): Promise<void> {
    await this.#session.rollback()
    if (this.#transaction !== undefined) this.#end(this.#transaction)
  }

  async #do<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = this.#transaction ?? this.#begin()
    return within(transaction, () => work(transaction))
  }

  #begin(): Transaction {
    const { history } = this.#recorder
    const transaction = newTransaction(`T${history.length}`)
    transaction.begunAt = this.#recorder.tick()
    history.push(transaction)
    this.#transaction = transaction
    this.#writes = 0
    return transaction
  }

  #end(transaction: Transaction): void {
    transaction.endedAt = this.#recorder.tick()
    this.#transaction = undefined
  }

  #writer({ name }: Transaction): string {
    return `${name}.${this.#writes++}`
  }

  async #get(transaction: Transaction, id: number) {
    const found = await this.#session.get(Item, id)
    this.#note(transaction, { from: id, to: id }, found === undefined ? [] : [found])
    return found
  }

  /** It saw those that it wrote, as its commit tells, and no other. */
  async #blind(transaction: Transaction, target: Target, work: Promise<number>): Promise<number> {
    const count = await work
    this.#note(transaction, target, [])
    return count
  }

  #note(transaction: Transaction, target: Target, found: readonly ItemRow[]): readonly ItemRow[] {
    const copies = found.map(({ id, group, writer }) => ({ id, group, writer }))
    transaction.observations.push({ text: textOf(target), matches: matcherOf(target), found: copies })
    return copies
  }
}

function predicateOf(target: Target) {
  return 'group' in target ? item.group.eq(target.group) : item.id.between(target.from, target.to)
}

function matcherOf(target: Target): (item: ItemRow) => boolean {
  return 'group' in target ? ({ group }) => group === target.group : ({ id }) => id >= target.from && id <= target.to
}

function textOf(target: Target): string {
  if ('group' in target) return `group ${target.group}`
  return target.from === target.to ? `id ${target.from}` : `ids ${target.from} to ${target.to}`
}
