import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { level } from '../../lib/engines/level/index.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { t } from '../../lib/values/t.js'
import { projectRoot } from './project.js'

const program = join(projectRoot, 'dist', 'lib', 'cli', 'main.js')

/** How a run of the command ended, and what it wrote. */
export interface CommandRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the `rome` command as a process of its own. */
export function runRome(args: readonly string[], environment: Record<string, string> = {}): Promise<CommandRun> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ROME_DEBUG: '', ...environment } }
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ exitCode, stdout, stderr })
    })
  })
}

/** Every kind of index there is, and soft deletion. */
export const Book = defineEntity(
  'books',
  {
    id: primaryKey(t.uuid()),
    title: t.string(),
    pages: t.integer().nullable(),
    shelf: t.enum('open', 'closed').default('open'),
    deletedAt: deletedAt(),
  },
  {
    indexes: [
      index('shelf', desc('pages'), { include: ['title'] }),
      unique('title'),
      index('pages', { where: (book) => book.pages.isNotNull() }),
    ],
  },
)

/** How many rows {@link makeStore} stores, and how many entries they have in the partial index. */
export const bookCount = 120
export const bookCountWithPages = 80

/** A closed store in four partitions, some of whose rows are soft-deleted. */
export async function makeStore(directory: string): Promise<void> {
  await using rome = await Rome.open({ engine: level(directory, { partitions: 4 }), models: [Book] })
  await rome.transact((session) => {
    for (let number = 0; number < bookCount; number++) {
      session.add(create(Book, { title: `book ${number}`, pages: number % 3 === 0 ? null : number }))
    }
  })
  await rome.transact((session) => session.query(Book).filter(fields(Book).pages.lt(20)).softDelete())
}
