import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { Book, bookCount, makeStore, runRome } from '../support/command-line.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** All that a store answers, in one order. */
async function contents(directory: string): Promise<unknown[]> {
  await using rome = await Rome.open({ engine: level(directory), models: [Book] })
  await using session = rome.session()
  const { id, title, pages, deletedAt } = fields(Book)
  return session.query(id, title, pages, deletedAt).withDeleted().orderBy(title).all()
}

t.test('repartition changes the number of partitions and nothing else', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const before = await contents(directory)
  t.equal(before.length, bookCount)

  const { exitCode, stdout, stderr } = await runRome(['repartition', directory, '--partitions', '3', '--json'])
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  t.match(JSON.parse(stdout), { directory, before: 4, partitions: 3 })
  t.equal(readdirSync(directory).filter((name) => name.startsWith('partition-')).length, 3)
  t.strictSame(await contents(directory), before)
  await t.rejects(Rome.open({ engine: level(directory, { partitions: 4 }), models: [Book] }), {
    code: 'ROME_PARTITIONS_CHANGED',
  })
  const verified = await runRome(['verify', directory])
  t.equal(verified.exitCode, 0, verified.stdout)

  const back = await runRome(['repartition', directory, '--partitions', '1'])
  t.match(back.stdout, /: 3 → 1 partitions, [\d,]+ keys copied\n$/)
  t.strictSame(await contents(directory), before)
})

t.test('a number of partitions that cannot be is refused, and so is a store that is open', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  t.match(await runRome(['repartition', directory, '--partitions', '0']), { exitCode: 1, stderr: /^ROME_ARGUMENT: / })
  await using rome = await Rome.open({ engine: level(directory), models: [Book] })
  t.match(await runRome(['repartition', directory, '--partitions', '2']), { exitCode: 1, stderr: /^ROME_LOCKED: / })
  await rome.close()
})
