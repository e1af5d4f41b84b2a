import { readFileSync } from 'node:fs'
import t from 'tap'
import { Aggregate } from '../../lib/expressions/aggregate.js'
import { Case } from '../../lib/expressions/case.js'
import { Expression } from '../../lib/expressions/expression.js'
import { Ordering } from '../../lib/expressions/ordering.js'
import { PreparedQuery, Query } from '../../lib/query/query.js'
import { Relation } from '../../lib/schema/relation.js'
import { Choices } from './choices.js'
import { changing } from './life.js'
import { World } from './world.js'

/** What cannot be compared with SQLite, with the reason. */
const notComparable: ReadonlyMap<string, string> = new Map([
  ['.forUpdate', 'it locks rows against other sessions, and gives what the query gives'],
  ['.scope', 'a filter of the model by its name: its rows are compared where it is a default scope'],
  ['.withoutScope', 'the table in the place of its view: what worlds without scopes compare'],
])

t.test('every function of expressions and every method of queries is drawn, or listed with a reason', async (t) => {
  const story = await stories()
  const words = [...expressionFunctions(), ...methods()]
  t.ok(words.length > 100, `${words.length} words`)
  for (const word of words) {
    const isDrawn = new RegExp(word.startsWith('.') ? `\\${word}\\(` : `(?<![.\\w])${word}\\(`).test(story)
    t.not(isDrawn, notComparable.has(word), `${word} is ${isDrawn ? '' : 'not '}drawn`)
  }
})

/** What happens in many worlds, without any store: only the words matter. */
async function stories(): Promise<string> {
  const stories: string[] = []
  for (let seed = 1; seed <= 60; seed++) {
    const choices = new Choices(seed)
    const world = new World(choices, [])
    for (let row = 0; row < 12; row++) world.add(choices, 12)
    for (let step = 0; step < 60; step++) {
      await choices.weighted(changing.map(([weight, take]) => [weight, () => take] as const))(choices, world)
    }
    stories.push(world.story)
    await world.close()
  }
  return stories.join('\n')
}

/** The functions that lib/index.ts exports from lib/expressions. */
function expressionFunctions(): string[] {
  const index = readFileSync(new URL('../../../lib/index.ts', import.meta.url), 'utf8')
  const exports = index.matchAll(/^export \{([^}]*)\} from '\.\/expressions\//gm)
  return [...exports].flatMap(([, names]) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ')),
  )
}

function methods(): string[] {
  const classes = [Query, PreparedQuery, Expression, Aggregate, Case, Ordering, Relation]
  return classes.flatMap(({ prototype }) => {
    const properties = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    return properties.flatMap(([name, { value }]) =>
      name !== 'constructor' && typeof value === 'function' ? [`.${name}`] : [],
    )
  })
}
