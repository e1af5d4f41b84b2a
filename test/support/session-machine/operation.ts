import fc from 'fast-check'

/** How a `begin` within another behaves. */
export type Propagation = 'nested' | 'required' | 'never'

/** An entity by its number, modulo how many there are, among those of the session or among all. */
interface EntityChoice {
  readonly entity: number
  readonly isOwn: boolean
}

/** What one session is asked for. */
export type Operation =
  | { readonly do: 'get'; readonly key: string; readonly withDeleted: boolean; readonly forUpdate: boolean }
  | { readonly do: 'getMany'; readonly keys: readonly string[] }
  | { readonly do: 'all' | 'flush' | 'commit' | 'rollback' | 'savepoint' | 'expireAll' | 'close' }
  | { readonly do: 'create' | 'unmanaged'; readonly key: string }
  | (EntityChoice & { readonly do: 'modify'; readonly body: string; readonly isTold: boolean })
  | (EntityChoice & { readonly do: 'tag'; readonly isTold: boolean })
  | (EntityChoice & {
      readonly do: 'add' | 'merge' | 'delete' | 'hardDelete' | 'expunge' | 'refresh' | 'expire'
    })
  | { readonly do: 'bulkInsert' | 'bulkUpdate'; readonly keys: readonly string[]; readonly body: string }
  | { readonly do: 'bulkDelete'; readonly keys: readonly string[]; readonly hard: boolean }
  | { readonly do: 'queryUpdate' | 'beginNew' | 'mergeValues'; readonly key: string; readonly body: string }
  | {
      readonly do: 'upsert'
      readonly key: string
      readonly body: string
      readonly expect: 'either' | 'present' | 'absent'
    }
  | { readonly do: 'queryDelete' | 'queryHardDelete'; readonly key: string }
  | { readonly do: 'begin'; readonly propagation: Propagation; readonly readOnly: boolean }
  | { readonly do: 'keep' | 'undo' | 'endAgain'; readonly frame: number }

/** What came of it: the code of an error, or entities by their numbers, or a number of rows. */
export type Outcome =
  | { readonly error: string }
  | { readonly entities: readonly (number | undefined)[] }
  | { readonly count: number }
  | undefined

export const entitiesMax = 12

const key = fc.constantFrom('k0', 'k1', 'k2')
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 2 })
const body = fc.constantFrom('b0', 'b1')
const entity = fc.nat({ max: entitiesMax - 1 })
const isOwn = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })
/** Whether the session is told of a change where it has to be. */
const isTold = fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })
const frame = fc.nat({ max: 3 })
const done = <Name extends string>(...names: readonly Name[]) => fc.constantFrom(...names)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: done('get'),
      key,
      withDeleted: fc.boolean(),
      forUpdate: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: done('getMany'), keys }) },
  { weight: 5, arbitrary: fc.record({ do: done('create'), key }) },
  { weight: 5, arbitrary: fc.record({ do: done('modify'), entity, isOwn, body, isTold }) },
  { weight: 1, arbitrary: fc.record({ do: done('tag'), entity, isOwn, isTold }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: done('add', 'add', 'merge', 'delete', 'delete', 'hardDelete', 'expunge', 'refresh', 'expire'),
      entity,
      isOwn,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: done('flush', 'commit', 'commit', 'rollback', 'savepoint', 'all') }) },
  { weight: 1, arbitrary: fc.record({ do: done('expireAll', 'close') }) },
  { weight: 1, arbitrary: fc.record({ do: done('unmanaged'), key }) },
  { weight: 2, arbitrary: fc.record({ do: done('bulkInsert', 'bulkUpdate'), keys, body }) },
  { weight: 1, arbitrary: fc.record({ do: done('bulkDelete'), keys, hard: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: done('queryUpdate', 'beginNew', 'mergeValues'), key, body }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: done('upsert'), key, body, expect: done('either', 'either', 'present', 'absent') }),
  },
  { weight: 1, arbitrary: fc.record({ do: done('queryDelete', 'queryHardDelete'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: done('begin'),
      propagation: done('nested', 'nested', 'required', 'never'),
      readOnly: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: done('keep', 'undo', 'endAgain'), frame }) },
)
