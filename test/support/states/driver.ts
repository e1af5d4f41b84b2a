import { RomeError } from '../../../lib/errors/rome-error.js'

/** How the cells of a table are tried out. */
export interface Driver<Fixture> {
  /** What brings something into the state of a column. */
  readonly states: Readonly<Record<string, () => Promise<Fixture>>>
  /** What the operation of a row does to it. */
  readonly operations: Readonly<Record<string, (fixture: Fixture) => unknown>>
  /** What it is then, in the words of the cells. */
  readonly outcome: (fixture: Fixture, result: unknown) => Promise<string> | string
  /** What an operation that is refused must not change. */
  readonly kept: (fixture: Fixture) => string
  readonly close: (fixture: Fixture) => Promise<void>
}

/** What a cell has to say. */
export async function cell<Fixture>(driver: Driver<Fixture>, operation: string, state: string): Promise<string> {
  const fixture = await driver.states[state]()
  const before = driver.kept(fixture)
  try {
    return await driver.outcome(fixture, await driver.operations[operation](fixture))
  } catch (error) {
    if (!(error instanceof RomeError)) throw error
    const after = driver.kept(fixture)
    return after === before ? error.code : `${error.code}, then ${after}`
  } finally {
    await driver.close(fixture)
  }
}
