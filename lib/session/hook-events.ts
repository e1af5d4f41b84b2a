import type { Deletion } from './memory-checkpoint.js'

/** What happens to one entity in a flush. */
export type EntityEvent =
  | 'beforeInsert'
  | 'afterInsert'
  | 'beforeUpdate'
  | 'afterUpdate'
  | 'beforeDelete'
  | 'afterDelete'

/** What happens to a session as a whole. */
export type SessionEvent =
  | 'beforeFlush'
  | 'afterFlush'
  | 'beforeCommit'
  | 'afterCommit'
  | 'beforeRollback'
  | 'afterRollback'

/** What a hook is told beside its entity. */
export interface HookContext<Session> {
  readonly event: EntityEvent | SessionEvent
  /** Where it happens. */
  readonly session: Session
}

/** What the hooks of a deletion are told. */
export interface DeletionContext<Session> extends HookContext<Session> {
  /** `soft` when the row gets a time of deletion, `hard` when it is erased. */
  readonly deletion: Deletion
}

/** What the hooks of a rollback are told. */
export interface RollbackContext<Session> extends HookContext<Session> {
  /** Only a part of the transaction is taken back: a savepoint, or a `begin` within another. */
  readonly isSavepoint: boolean
}

/** What the hooks of an event are told. */
export type ContextOf<Event, Session> = Event extends 'beforeDelete' | 'afterDelete'
  ? DeletionContext<Session>
  : Event extends 'beforeRollback' | 'afterRollback'
    ? RollbackContext<Session>
    : HookContext<Session>

/** Called for an entity. What it returns is awaited and dropped. */
export type EntityHook<Event extends EntityEvent, T, Session> = (
  entity: T,
  context: ContextOf<Event, Session>,
) => unknown

/** Called for a session. What it returns is awaited and dropped. */
export type SessionHook<Event extends SessionEvent, Session> = (context: ContextOf<Event, Session>) => unknown

const entityEvents = [
  'beforeInsert',
  'afterInsert',
  'beforeUpdate',
  'afterUpdate',
  'beforeDelete',
  'afterDelete',
] as const satisfies readonly EntityEvent[]

export const sessionEvents = [
  'beforeFlush',
  'afterFlush',
  'beforeCommit',
  'afterCommit',
  'beforeRollback',
  'afterRollback',
] as const satisfies readonly SessionEvent[]

/** The events of a flush. */
export const flushEvents: readonly (EntityEvent | SessionEvent)[] = [...entityEvents, 'beforeFlush', 'afterFlush']

export const hookEvents: readonly (EntityEvent | SessionEvent)[] = [...entityEvents, ...sessionEvents]
