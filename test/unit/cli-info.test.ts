import { join } from 'node:path'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { Rome } from '../../lib/session/rome.js'
import { Book, bookCount, makeStore, runRome } from '../support/command-line.js'
import { readProjectFile } from '../support/project.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

t.test('info tells partitions, tables, columns, indexes, and on request the number of rows', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)

  const asData = await runRome(['info', directory, '--rows', '--json'])
  t.equal(asData.stderr, '')
  t.equal(asData.exitCode, 0)
  const info = JSON.parse(asData.stdout)
  t.match(info, { directory, format: 1, state: 'ready', log: { segments: 1 } })
  t.strictSame(
    info.partitions.map((partition: { path: string }) => partition.path),
    ['partition-0', 'partition-1', 'partition-2', 'partition-3'],
  )
  t.ok(info.partitions.every((partition: { bytes: number }) => partition.bytes > 0))
  t.equal(info.tables.length, 1)
  const [table] = info.tables
  t.match(table, { name: 'books', rows: bookCount, schemaVersion: 1 })
  t.strictSame(
    table.columns.map((column: { name: string; kind: string }) => `${column.name} ${column.kind}`),
    ['id uuid', 'title string', 'pages integer', 'shelf enum', 'deletedAt datetime'],
  )
  t.match(table.columns[3], { enumTexts: ['open', 'closed'], isNullable: false, isPrimaryKey: false })
  t.match(table.indexes, [
    {
      name: 'shelf_pages_desc',
      state: 'ready',
      columns: [
        { name: 'shelf', isDescending: false },
        { name: 'pages', isDescending: true },
      ],
      include: ['title'],
    },
    { name: 'title_unique', isUnique: true, isPartial: false },
    { name: 'pages_partial', isUnique: false, isPartial: true },
  ])

  const asText = await runRome(['info', directory])
  t.equal(asText.exitCode, 0)
  t.match(asText.stdout, /^partitions\s+4$/m)
  t.match(asText.stdout, /^books \(table 1, schema version 1\)$/m)
  t.match(asText.stdout, /^ {2}id\s+uuid, primary key$/m)
  t.match(asText.stdout, /^ {2}index shelf_pages_desc\s+shelf, pages desc; with title \(index \d+\)$/m)
})

t.test('info of a store that is open says by whom, and refuses to count its rows', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await using rome = await Rome.open({ engine: level(directory), models: [Book] })
  const { stdout, exitCode } = await runRome(['info', directory, '--json'])
  t.equal(exitCode, 0)
  t.match(JSON.parse(stdout), { format: 1, owner: { pid: process.pid } })
  t.notOk('tables' in JSON.parse(stdout))
  const counting = await runRome(['info', directory, '--rows'])
  t.equal(counting.exitCode, 1)
  t.match(counting.stderr, /^ROME_LOCKED: /)
  await rome.close()
})

t.test('a directory without a store is an error with its code and page, and stays as it was', async (t) => {
  const directory = join(temporaryDirectory(t), 'nothing')
  for (const command of [['info'], ['verify'], ['repartition', '--partitions', '2']]) {
    const asText = await runRome([...command, directory])
    t.equal(asText.exitCode, 1)
    t.equal(asText.stdout, '')
    t.match(asText.stderr, /^ROME_STORE_LAYOUT: .*\nSee docs\/errors\/ROME_STORE_LAYOUT\.md/)
    t.notMatch(asText.stderr, /\n\s+at /, 'without a stack')
    const asData = await runRome([...command, directory, '--json'])
    t.equal(asData.exitCode, 1)
    t.match(JSON.parse(asData.stdout), { error: { code: 'ROME_STORE_LAYOUT', context: { directory } } })
  }
  t.match((await runRome(['info', directory], { ROME_DEBUG: '1' })).stderr, /\n\s+at /, 'a stack for who asks for it')
})

t.test('a command line that is wrong ends with 2 and says what is wrong', async (t) => {
  const cases: readonly [string[], RegExp][] = [
    [['info'], /missing required argument 'directory'/],
    [['inform', 'here'], /unknown command 'inform'/],
    [['info', 'here', '--row'], /unknown option '--row'/],
    [['repartition', 'here'], /required option '--partitions <n>' not specified/],
    [['repartition', 'here', '--partitions', 'two'], /Give a whole number/],
  ]
  for (const [args, message] of cases) {
    const { exitCode, stdout, stderr } = await runRome(args)
    t.equal(exitCode, 2, args.join(' '))
    t.match(stderr, message)
    t.equal(stdout, '')
  }
})

t.test('the version is that of the package', async (t) => {
  const { version } = JSON.parse(readProjectFile('package.json'))
  t.strictSame(await runRome(['--version']), { exitCode: 0, stdout: `${version}\n`, stderr: '' })
})
