import { deepStrictEqual } from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { AbortError, create, defineEntity, EngineError, fields, primaryKey, Rome, t as types } from '../../lib/index.js'
import { collect, type Operator } from '../../lib/query/operators/operator.js'
import { SortOperator, type SortOptions } from '../../lib/query/operators/sort.js'
import type { Row } from '../../lib/records/row.js'
import { openSortFiles } from '../support/sort-files.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const directory = temporaryDirectory(t)
t.beforeEach(() => assertNoFiles('before'))
t.afterEach(() => assertNoFiles('after'))

function assertNoFiles(when: string): void {
  const files = openSortFiles()
  if ((files?.length ?? 0) > 0 || readdirSync(directory).length > 0) throw new Error(`files ${when} a test: ${files}`)
}

/** Rows of a key and a number that tells equal ones apart, in batches. */
class Source implements Operator {
  readonly #rows: readonly Row[]
  readonly #batch: number
  position = 0
  isClosed = false

  constructor(rows: readonly Row[], batch = 100) {
    this.#rows = rows
    this.#batch = batch
  }

  next(): readonly Row[] | undefined {
    const rows = this.#rows.slice(this.position, this.position + this.#batch)
    this.position += rows.length
    return rows.length === 0 ? undefined : rows
  }

  close(): void {
    this.isClosed = true
  }
}

function manyRows(count: number, keys: number): Row[] {
  return Array.from({ length: count }, (_, index) => [(index * 7919) % keys, index, `row ${index}`])
}

const byKey = (a: Row, b: Row): number => Number(a[0]) - Number(b[0])

function sortOf(input: Operator, options: Partial<SortOptions> & { readonly bytes?: number }) {
  const spilled = { runs: 0, bytes: 0 }
  const memory = { bytes: options.bytes ?? 20_000, directory }
  const all = { compare: byKey, isSameGroup: undefined, top: undefined, check: () => undefined, memory, spilled }
  return { sort: new SortOperator(input, { ...all, ...options }), spilled }
}

t.test('a sort that fits into its memory answers without a promise and makes no file', async (t) => {
  const rows = manyRows(3000, 100)
  const { sort, spilled } = sortOf(new Source(rows), { bytes: 10_000_000 })
  const sorted: Row[] = []
  for (let batch = sort.next(); batch !== undefined; batch = sort.next()) {
    if (batch instanceof Promise) return t.fail('a promise')
    sorted.push(...batch)
  }
  deepStrictEqual(sorted, rows.toSorted(byKey))
  t.equal(spilled.runs, 0)
  await sort.close()
})

t.test('what does not fit comes back in order, equal rows as they came, also after several merges', async (t) => {
  for (const [count, bytes, runs] of [
    [3000, 200_000, 2],
    [20_000, 20_000, 65],
    [4200, 1, 4200],
  ]) {
    const rows = manyRows(count, 37)
    const input = new Source(rows)
    const { sort, spilled } = sortOf(input, { bytes })
    deepStrictEqual(await collect(sort), rows.toSorted(byKey))
    t.ok(spilled.runs >= runs, `${spilled.runs} runs`)
    t.ok(spilled.bytes > 0)
    t.ok(input.isClosed)
  }
})

t.test('groups that come in order are sorted one by one, those on disk too, and no more of them is read', async (t) => {
  const sizes = [1, 5, 2000, 3, 1, 3000, 2999, 700]
  const rows = sizes.flatMap((size, group): Row[] =>
    Array.from({ length: size }, (_, index) => [group, (index * 7919) % 101, index]),
  )
  const compare = (a: Row, b: Row): number => byKey(a, b) || Number(a[1]) - Number(b[1])
  const isSameGroup = (a: Row, b: Row): boolean => a[0] === b[0]
  const whole = sortOf(new Source(rows), { compare, isSameGroup, bytes: 50_000 })
  deepStrictEqual(await collect(whole.sort), rows.toSorted(compare))
  t.ok(whole.spilled.runs > 10)

  const input = new Source(rows)
  const { sort } = sortOf(input, { compare, isSameGroup, bytes: 50_000 })
  t.strictSame((await sort.next())?.[0], rows[0])
  t.equal(input.position, 100, 'one batch was read for the first groups')
  await sort.next()
  t.ok(input.position < 2200, 'and those of the third for its rows')
  await sort.close()
})

t.test('the first few are found without a file; many of them may take one', async (t) => {
  const rows = manyRows(20_000, 977)
  for (const [top, isSpilled] of [
    [10, false],
    [5000, true],
  ] as const) {
    const { sort, spilled } = sortOf(new Source(rows), { top, bytes: 300_000 })
    deepStrictEqual((await collect(sort)).slice(0, top), rows.toSorted(byKey).slice(0, top))
    t.equal(spilled.runs > 0, isSpilled)
  }
})

t.test('values come back from disk as they were: JSON without a prototype and frozen, bytes, bigints', async (t) => {
  const json = (value: unknown) => types.json().type.toRow(value)
  const values: Row = [
    json({ b: [1, { a: null }], constructor: 'x', toString: 1, '': {} }),
    json([[], 'text', true]),
    new Uint8Array([0, 255]),
    new Uint8Array(),
    2n ** 63n - 1n,
    -5e-324,
    'a\0\u{1f600}é',
    true,
    null,
  ]
  const { sort, spilled } = sortOf(
    new Source([
      [1, ...values],
      [0, ...values],
    ]),
    { bytes: 1 },
  )
  const [first] = await collect(sort)
  t.equal(spilled.runs, 2)
  t.strictSame(first, [0, ...values])
  const object = first[1] as { readonly b: readonly [number, object] }
  for (const one of [object, object.b[1]]) {
    t.equal(Object.getPrototypeOf(one), null)
    t.ok(Object.isFrozen(one))
  }
  t.ok(first[3] instanceof Uint8Array)
})

t.test('a sort can be closed at any time, twice too; what was under way ends, and the file is gone', async (t) => {
  const rows = manyRows(5000, 100)
  const before = sortOf(new Source(rows), {})
  await before.sort.close()
  t.equal(await before.sort.next(), undefined)

  for (let pauses = 0; pauses < 25; pauses++) {
    const input = new Source(rows)
    const { sort } = sortOf(input, { bytes: 3000 })
    const pending = sort.next()
    t.ok(pending instanceof Promise)
    for (let pause = 0; pause < pauses; pause++) await wait(0)
    await Promise.all([sort.close(), sort.close()])
    const rowsOrEnd = await pending
    t.ok(rowsOrEnd === undefined || rowsOrEnd.length > 0)
    t.equal(await sort.next(), undefined)
    t.ok(input.isClosed)
    if (openSortFiles()?.length) return t.fail(`a file is open after ${pauses} pauses`)
  }
  const merging = sortOf(new Source(rows), { bytes: 3000 })
  t.ok(((await merging.sort.next())?.length ?? 0) > 0)
  if (process.platform === 'linux') t.equal(openSortFiles()?.length, 1, 'one file for all runs')
  if (process.platform !== 'win32') t.strictSame(readdirSync(directory), [], 'whose name is gone already')
  await merging.sort.close()
})

t.test('a query that may not go on stops between its pieces of work', async (t) => {
  for (const allowed of [0, 1, 20, 60]) {
    let checks = 0
    const check = () => {
      if (checks++ >= allowed) throw new AbortError('ROME_ABORTED', 'aborted')
    }
    const { sort } = sortOf(new Source(manyRows(5000, 100)), { bytes: 3000, check })
    await t.rejects(async () => collect(sort), { code: 'ROME_ABORTED' })
    t.equal(checks, allowed + 1)
  }
})

t.test('an error of the step below closes the file', async (t) => {
  const rows = new Source(manyRows(5000, 100))
  const failing: Operator = {
    next: () => (rows.position > 4000 ? Promise.reject(new Error('no more')) : rows.next()),
    close: () => undefined,
  }
  await t.rejects(async () => collect(sortOf(failing, { bytes: 3000 }).sort), { message: 'no more' })
})

t.test('a temporary directory that is not there is an error that says so', async (t) => {
  const { sort } = sortOf(new Source(manyRows(5000, 100)), { memory: { bytes: 3000, directory: `${directory}/none` } })
  const error = await collectError(sort)
  t.ok(error instanceof EngineError)
  t.match(error, { code: 'ROME_ENGINE', message: /temporaryDirectory/, context: { reason: /ENOENT/ } })
})

t.test('the file of a sort that was forgotten is closed by the garbage collector', async (t) => {
  if (openSortFiles() === undefined) return
  await sortOf(new Source(manyRows(5000, 100)), { bytes: 3000 }).sort.next()
  t.equal(openSortFiles()?.length, 1)
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  for (let round = 0; round < 100 && openSortFiles()?.length !== 0; round++) {
    collectGarbage()
    await wait(10)
  }
  t.strictSame(openSortFiles(), [])
})

async function collectError(operator: Operator): Promise<unknown> {
  try {
    await collect(operator)
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

t.test('50 000 rows in a query', async (t) => {
  const Book = defineEntity('books', {
    id: primaryKey(types.integer()),
    author: types.string().nullable(),
    title: types.string(),
    tags: types.json<{ first: number }>(),
  })
  const book = fields(Book)
  const engine = memory()
  const options = { engine, models: [Book], sortMemoryBytes: 1024 * 1024, temporaryDirectory: directory }
  const rome = await Rome.open(options)
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (let id = 0; id < 50_000; id++) {
      const author = id % 11 === 0 ? null : `author ${(id * 7919) % 997}`
      session.add(create(Book, { id, author, title: `title ${(id * 31) % 5003}`, tags: { first: id } }))
    }
  })
  const session = rome.session()
  const columns = session.query(book.id, book.author, book.title, book.tags)
  const byAuthor = columns.orderBy(book.author.desc().nullsLast(), book.title)
  const inMemory = (await columns.all()).sort(([, a, aTitle], [, b, bTitle]) => {
    if (a !== b) return a === null ? 1 : b === null ? -1 : a < b ? 1 : -1
    return aTitle < bTitle ? -1 : aTitle > bTitle ? 1 : 0
  })

  await t.test('give the same as a sort in memory, and explain tells of the runs', async (t) => {
    deepStrictEqual(await byAuthor.all(), inMemory)
    const analyzed = await byAuthor.explain({ analyze: true })
    t.match(String(analyzed), /sort: .*in fact 50000; spilled \d\d runs, \d+ bytes/)
    t.notMatch(String(await columns.orderBy(book.id).explain({ analyze: true })), 'spilled')
  })

  await t.test('leave nothing open when their stream is left, aborted, or its transaction ends', async (t) => {
    let given = 0
    for await (const [id] of byAuthor.stream()) {
      t.equal(id, inMemory[given][0])
      if (++given === 3) break
    }
    t.equal(given, 3)
    t.strictSame(openSortFiles() ?? [], [])

    const controller = new AbortController()
    const stream = byAuthor.stream({ signal: controller.signal })
    await stream.next()
    controller.abort()
    await t.rejects(
      async () => {
        for await (const _ of stream);
      },
      { code: 'ROME_ABORTED' },
    )
    t.strictSame(openSortFiles() ?? [], [])

    const early = new AbortController()
    const reading = byAuthor.all({ signal: early.signal })
    setTimeout(() => early.abort(), 20)
    await t.rejects(reading, { code: 'ROME_ABORTED' })
    t.strictSame(openSortFiles() ?? [], [])

    const other = rome.session()
    const left = other.query(book.id, book.author).orderBy(book.author, book.title.desc()).stream()
    await left.next()
    if (openSortFiles() !== undefined) t.equal(openSortFiles()?.length, 1)
    await other.close()
    t.strictSame(openSortFiles() ?? [], [], 'a closed session ends its streams')
    await t.rejects(left.next(), { code: 'ROME_CLOSED' }, 'which say so, also where they had read further')
    t.strictSame(await left.next(), { done: true, value: undefined })

    const pending = rome.session()
    const reading2 = pending.query(book.id).orderBy(book.title).stream()
    const [first] = await Promise.allSettled([reading2.next(), pending.close()])
    t.ok(first.status === 'rejected' ? first.reason.code === 'ROME_CLOSED' : first.value.done === false)
    t.strictSame(openSortFiles() ?? [], [])

    const outlived = byAuthor.stream()
    await outlived.next()
    await session.commit()
    await t.rejects(
      async () => {
        for await (const _ of outlived);
      },
      { code: 'ROME_TRANSACTION_STATE' },
    )
  })

  await t.test('only the options that make sense are taken', async (t) => {
    for (const wrong of [{ sortMemoryBytes: 0 }, { sortMemoryBytes: Number.NaN }, { temporaryDirectory: '' }]) {
      await t.rejects(Rome.open({ ...options, ...wrong }), { code: 'ROME_ARGUMENT' })
    }
  })
  await session.close()
})
