import { join } from 'node:path'
import t from 'tap'
import { bookCount, makeStore, runRome } from '../support/command-line.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

t.test('analyze counts rows, entries and different values without the models', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const { exitCode, stdout, stderr } = await runRome(['analyze', directory, '--json'])
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  const tables: { rows: number; indexes: { entries: number; distinct: number[] }[] }[] = JSON.parse(stdout)
  t.equal(
    tables.reduce((sum, { rows }) => sum + rows, 0),
    bookCount,
  )
  for (const index of tables.flatMap(({ indexes }) => indexes)) {
    t.ok(index.entries > 0 && index.entries <= bookCount)
    t.ok(index.distinct.every((count) => count > 0 && count <= index.entries))
  }
  t.match((await runRome(['analyze', directory])).stdout, new RegExp(`: ${bookCount} rows`))
  t.equal((await runRome(['verify', directory])).exitCode, 0)
})

t.test('analyze of what is no store is an error', async (t) => {
  t.match(await runRome(['analyze', temporaryDirectory(t)]), { exitCode: 1 })
})
