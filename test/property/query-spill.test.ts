import { deepStrictEqual } from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { create, defineEntity, type Expression, fields, primaryKey, Rome, t as types } from '../../lib/index.js'
import { compareRowValues } from '../../lib/values/compare.js'
import { seed } from '../support/seed.js'
import { openSortFiles } from '../support/sort-files.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { allTypes, orderedTypes } from '../support/value-arbitraries.js'

const directory = temporaryDirectory(t)

const Item = defineEntity('items', {
  id: primaryKey(types.integer()),
  string: types.string().nullable(),
  text: types.text().nullable(),
  integer: types.integer().nullable(),
  bigint: types.bigint().nullable(),
  float: types.float().nullable(),
  decimal: types.decimal().nullable(),
  boolean: types.boolean().nullable(),
  datetime: types.datetime().nullable(),
  timestamp: types.datetime({ precision: 6 }).nullable(),
  date: types.date().nullable(),
  uuid: types.uuid().nullable(),
  bytes: types.bytes().nullable(),
  enum: types.enum('queued', 'active', '', '\uffff', '\u{1f600}', 'a', 'B').nullable(),
  json: types.json().nullable(),
})
const item = fields(Item)
const columnOf = (name: string): Expression<unknown> => Reflect.get(item, name)

/** Few different values, so that rows tie in what they are ordered by. */
const rowsArbitrary = fc
  .record(
    Object.fromEntries(allTypes.map(({ name, values }) => [name, fc.array(values, { minLength: 1, maxLength: 6 })])),
  )
  .chain((palettes) => {
    const picked = Object.entries(palettes).map(([name, values]) => [name, fc.constantFrom(null, ...values)] as const)
    return fc.array(fc.record(Object.fromEntries(picked)), { maxLength: 120 })
  })

const orderArbitrary = fc.uniqueArray(
  fc.record({
    column: fc.constantFrom(...orderedTypes),
    isDescending: fc.boolean(),
    nulls: fc.constantFrom('first', 'last'),
  }),
  { minLength: 1, maxLength: 3, selector: ({ column }) => column.name },
)

t.test('a sort in any memory gives what a stable sort of the whole gives, and leaves no file', async (t) => {
  let spilled = 0
  const property = fc.asyncProperty(
    rowsArbitrary,
    orderArbitrary,
    fc.integer({ min: 1, max: 30_000 }),
    fc.option(fc.integer({ min: 1, max: 100 })),
    async (rows, order, sortMemoryBytes, limit) => {
      const options = { engine: memory(), models: [Item], sortMemoryBytes, temporaryDirectory: directory }
      await using rome = await Rome.open(options)
      await rome.transact((session) => session.addAll(rows.map((row, id) => create(Item, { id, ...row } as never))))

      await using session = rome.session()
      const columns = allTypes.map(({ name }) => columnOf(name))
      const all = session.query(Item).select(item.id, ...columns)
      const orderings = order.map(({ column, isDescending, nulls }) => {
        const ordering = isDescending ? columnOf(column.name).desc() : columnOf(column.name).asc()
        return nulls === 'first' ? ordering.nullsFirst() : ordering.nullsLast()
      })
      const query = limit === null ? all.orderBy(...orderings) : all.orderBy(...orderings).limit(limit)
      const sorted: unknown[] = []
      for await (const row of query) sorted.push(row)

      const expected = [...((await all.all()) as unknown[][])].sort((a, b) => {
        for (const { column, isDescending, nulls } of order) {
          const position = 1 + allTypes.indexOf(column)
          const [left, right] = [a[position], b[position]].map((value) =>
            value === null ? null : column.type.toRow(value),
          )
          if (left === null || right === null) {
            if (left === right) continue
            return (left === null) === (nulls === 'first') ? -1 : 1
          }
          const result = compareRowValues(column.type, left, right)
          if (result !== 0) return isDescending ? -result : result
        }
        return Number(a[0]) - Number(b[0])
      })
      deepStrictEqual(sorted, limit === null ? expected : expected.slice(0, limit))
      if (/spilled/.test(String(await query.explain({ analyze: true })))) spilled++
      deepStrictEqual([openSortFiles() ?? [], readdirSync(directory)], [[], []])
    },
  )
  await fc.assert(property, { seed, numRuns: 400 })
  t.ok(spilled > 40, `${spilled} of the sorts went to disk`)
})
