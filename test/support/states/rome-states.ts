import { memory } from '../../../lib/engines/memory/index.js'
import { OutboxMessage } from '../../../lib/session/outbox-message.js'
import { Rome } from '../../../lib/session/rome.js'
import type { Driver } from './driver.js'
import { Thing } from './entity-states.js'

interface RomeFixture {
  readonly rome: Rome
  readonly engine: ReturnType<typeof memory>
}

async function open(): Promise<RomeFixture> {
  const engine = memory()
  return { engine, rome: await Rome.open({ engine, models: [Thing, OutboxMessage] }) }
}

async function after(step: (rome: Rome) => unknown): Promise<RomeFixture> {
  const fixture = await open()
  await step(fixture.rome)
  return fixture
}

const nothing = () => undefined

export const romeOperations: Driver<RomeFixture> = {
  states: {
    open,
    closing: () => after((rome) => void rome.close()),
    closed: () => after((rome) => rome.close()),
  },
  operations: {
    'Rome.open({ engine }), of its engine': ({ engine }) => Rome.open({ engine, models: [Thing, OutboxMessage] }),
    'rome.session()': ({ rome }) => rome.session(),
    'rome.transact(work)': ({ rome }) => rome.transact(nothing),
    'rome.on(event, hook)': ({ rome }) => rome.on('afterCommit', nothing),
    'rome.watch(Model)': ({ rome }) => rome.watch(Thing),
    'rome.consume()': ({ rome }) => rome.consume(),
    'rome.outcome(commitId)': ({ rome }) => rome.outcome('no-such-commit'),
    'rome.openResources()': ({ rome }) => rome.openResources(),
    'rome.stats()': ({ rome }) => rome.stats(),
    'rome.verify()': ({ rome }) => rome.verify(),
    'rome.analyze()': ({ rome }) => rome.analyze(),
    'rome.close()': ({ rome }) => rome.close(),
    'rome[Symbol.asyncDispose]()': ({ rome }) => rome[Symbol.asyncDispose](),
  },
  outcome: stateOf,
  kept: stateOf,
  close: ({ rome }) => rome.close(),
}

/** A Rome that is closed, or about to be, makes no sessions. */
function stateOf({ rome }: RomeFixture): string {
  try {
    void rome.session().close()
    return 'open'
  } catch {
    return 'closed'
  }
}
