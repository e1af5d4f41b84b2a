import { RomeError } from '../../../lib/errors/rome-error.js'
import { create } from '../../../lib/schema/create.js'
import { fields } from '../../../lib/schema/fields.js'
import type { Rome } from '../../../lib/session/rome.js'
import type { RomeSession } from '../../../lib/session/session.js'
import type { SessionSavepoint, SessionTransaction } from '../../../lib/session/session-transaction.js'
import { Doc } from './doc.js'
import type { Operation, Outcome } from './operation.js'
import type { SessionTraits } from './session-model.js'

const doc = fields(Doc)

type Handle = SessionTransaction | SessionSavepoint

/** What came of an operation: as the model says it, but that entities are themselves. */
export type RealOutcome = Exclude<Outcome, { entities: unknown }> | { readonly given: readonly (Doc | undefined)[] }

/** Does with a session what an operation says. */
export class RealSession {
  readonly #rome: Rome
  readonly #traits: SessionTraits
  /** Of all sessions, in the order in which they came to be known. */
  readonly #entities: Doc[]
  session: RomeSession
  readonly handles: Handle[] = []
  /** What hooks were told. */
  readonly events: string[] = []
  readonly #ended: Handle[] = []

  constructor(rome: Rome, entities: Doc[], traits: SessionTraits) {
    this.#rome = rome
    this.#traits = traits
    this.#entities = entities
    this.session = this.#newSession()
  }

  async perform(operation: Operation, at: number): Promise<RealOutcome> {
    try {
      return await this.#perform(operation, this.#entities[at])
    } catch (error) {
      if (error instanceof RomeError) return { error: error.code }
      throw error
    }
  }

  /** As many frames are left as the model says. */
  keepFrames(count: number): void {
    this.#ended.push(...this.handles.splice(count))
  }

  async #perform(operation: Operation, entity: Doc): Promise<RealOutcome> {
    const { session } = this
    switch (operation.do) {
      case 'get': {
        const { withDeleted, forUpdate } = operation
        const claim = forUpdate ? { wait: false } : false
        return { given: [await session.get(Doc, operation.key, { withDeleted, forUpdate: claim })] }
      }
      case 'getMany':
        return { given: await session.getMany(Doc, operation.keys) }
      case 'all':
        return { given: await session.query(Doc).all() }
      case 'unmanaged':
        return { given: [await session.query(Doc).filterBy({ id: operation.key }).unmanaged().first()] }
      case 'create': {
        const created = create(Doc, { id: operation.key })
        this.#entities.push(created)
        session.add(created)
        return
      }
      case 'merge':
        return { given: [await session.merge(entity)] }
      case 'mergeValues':
        return { given: [await session.merge(Doc, { id: operation.key, body: operation.body })] }
      case 'upsert': {
        const { key: id, body, expect } = operation
        return { given: [await session.upsert(Doc, { id, body }, { expect })] }
      }
      case 'modify':
        if (operation.isTold) this.#touch(entity)
        entity.body = operation.body
        return
      case 'tag':
        if (operation.isTold) this.#touch(entity)
        entity.tags.push(1)
        return
      case 'add':
        session.add(entity)
        return
      case 'delete':
      case 'hardDelete':
      case 'expunge':
      case 'expire':
        await session[operation.do](entity)
        return
      case 'refresh':
        await session.refresh(entity)
        return
      case 'expireAll':
      case 'flush':
      case 'commit':
      case 'rollback':
        await session[operation.do]()
        return
      case 'bulkInsert':
      case 'bulkUpdate': {
        const rows = operation.keys.map((id) => ({ id, body: operation.body }))
        return { count: await session[operation.do](Doc, rows) }
      }
      case 'bulkDelete':
        return { count: await session.bulkDelete(Doc, operation.keys, { hard: operation.hard }) }
      case 'queryUpdate':
        return { count: await this.#query(operation.key).update({ body: operation.body }) }
      case 'queryDelete':
        return { count: await this.#query(operation.key).delete() }
      case 'queryHardDelete':
        return { count: await this.#query(operation.key).withDeleted().hardDelete() }
      case 'begin':
        this.handles.push(await session.begin({ propagation: operation.propagation, readOnly: operation.readOnly }))
        return
      case 'savepoint':
        this.handles.push(await session.savepoint())
        return
      case 'beginNew':
        await session.begin({ propagation: 'new' }, async (_, own) => {
          const found = await own.get(Doc, operation.key, { withDeleted: true })
          if (found === undefined) own.add(create(Doc, { id: operation.key, body: operation.body }))
          else {
            if (this.#mustTell) own.touch(found)
            found.body = operation.body
          }
        })
        return
      case 'keep': {
        const handle = this.handles[operation.frame % this.handles.length]
        if ('commit' in handle) await handle.commit()
        else await handle.release()
        return
      }
      case 'undo':
        await this.handles[operation.frame % this.handles.length].rollback()
        return
      case 'endAgain':
        await this.#ended[operation.frame % this.#ended.length].rollback()
        return
      case 'close':
        await session.close()
        this.session = this.#newSession()
        this.handles.length = 0
        this.#ended.length = 0
    }
  }

  get #mustTell(): boolean {
    return this.#traits.isTold && !this.#traits.isReadOnly
  }

  /** Tells of a change to come; of an entity outside there is nothing to tell. */
  #touch(entity: Doc): void {
    const { session } = this
    const isOutside = ['transient', 'detached'].includes(session.stateOf(entity))
    if (this.#mustTell && !isOutside) session.touch(entity)
  }

  #newSession(): RomeSession {
    const { isReadOnly, isScoped } = this.#traits
    const session = this.#rome.session({ readOnly: isReadOnly, scopes: isScoped ? {} : { shown: false } })
    if (!this.#traits.hasHooks) return session
    const note = (event: string) => {
      this.events.push(event)
      return Promise.resolve()
    }
    session.on('afterInsert', Doc, ({ id }) => note(`inserted ${id}`))
    session.on('afterUpdate', Doc, ({ id }) => note(`updated ${id}`))
    session.on('afterDelete', Doc, ({ id }, { deletion }) => note(`${deletion === 'hard' ? 'erased' : 'hidden'} ${id}`))
    session.on('afterFlush', () => note('flushed'))
    session.on('beforeCommit', () => Promise.resolve())
    session.on('afterCommit', () => note('committed'))
    session.on('afterRollback', ({ isSavepoint }) => note(isSavepoint ? 'savepoint rolled back' : 'rolled back'))
    return session
  }

  #query(key: string) {
    return this.session.query(Doc).filter(doc.id.eq(key))
  }
}
