import t, { type Test } from 'tap'
import { readProjectFile } from '../support/project.js'
import { cell, type Driver } from '../support/states/driver.js'
import { entitiesGiven, entityChanges } from '../support/states/entity-states.js'
import { romeOperations } from '../support/states/rome-states.js'
import { queryTerminals, sessionOperations } from '../support/states/session-states.js'
import { statesTables } from '../support/states/states-table.js'
import { savepointOperations, transactionOperations } from '../support/states/transaction-states.js'

const page = 'docs/states.md'
const tables = statesTables(page)

/** Tries out every cell of a table. */
function prove<Fixture>(heading: string, driver: Driver<Fixture>): void {
  t.test(`${page}: ${heading}`, async (t) => {
    const table = tables.get(heading)
    if (table === undefined) return t.fail('there is such a table')
    t.strictSame(table.columns, Object.keys(driver.states), 'its columns are the states that are tried out')
    t.strictSame(
      [...table.rows.keys()],
      Object.keys(driver.operations),
      'its rows are the operations that are tried out',
    )
    for (const [operation, cells] of table.rows) {
      const found: string[] = []
      for (const state of table.columns) found.push(await cell(driver, operation, state))
      t.strictSame(cells, found, operation)
    }
  })
}

prove('What becomes of an entity', entityChanges)
prove('What is given back', entitiesGiven)
prove('What a session may be asked for', sessionOperations)
prove('What a query may be asked for', queryTerminals)
prove('How a transaction ends', transactionOperations)
prove('How a savepoint ends', savepointOperations)
prove('What a Rome may be asked for', romeOperations)

/** The names of the methods and accessors of a class, without those that are internal. */
function publicMembers(path: string, className: string): string[] {
  const [body] = readProjectFile(path).split(`export class ${className} `)[1].split(/^\}/m)
  const members = /(?:(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n)?^ {2}(?:static |async |get )*([a-z]\w*|\[Symbol\.\w+\])[<(]/gm
  const names = Array.from(body.matchAll(members), ([, comment, name]) => (comment?.includes('@internal') ? '' : name))
  return [...new Set(names)].filter((name) => name !== '' && name !== 'constructor')
}

const session = 'lib/session/session.ts'
const transaction = 'lib/session/session-transaction.ts'
for (const [path, className, called, heading] of [
  [session, 'RomeSession', 'session', 'What a session may be asked for'],
  [transaction, 'SessionTransaction', 'transaction', 'How a transaction ends'],
  [transaction, 'SessionSavepoint', 'savepoint', 'How a savepoint ends'],
  ['lib/session/rome.ts', 'Rome', 'rome', 'What a Rome may be asked for'],
] as const) {
  t.test(`every public operation of ${className} stands in ${page}`, async (t) => {
    const members = publicMembers(path, className)
    t.ok(members.length > 0, `${members.length} are looked for`)
    for (const name of members) requireRow(t, heading, name.startsWith('[') ? `${called}${name}` : `${called}.${name}`)
  })
}

t.test(`every terminal of a query stands in ${page}`, async (t) => {
  const terminals = readProjectFile('lib/query/query.ts').matchAll(/^ {2}(?:async (\w+)|(stream))\(/gm)
  for (const [, name = 'stream'] of terminals) requireRow(t, 'What a query may be asked for', `query.${name}`)
})

function requireRow(t: Test, heading: string, name: string): void {
  const rows = [...(tables.get(heading)?.rows.keys() ?? [])]
  const isIts = (row: string) => row.startsWith(name) && !/^\w/.test(row.slice(name.length))
  t.ok(
    rows.some((row) => isIts(row) || (name === 'rome.open' && row.startsWith('Rome.open('))),
    `${name} under "${heading}"`,
  )
}
