/** Looks at a store for its parent, and says what a user would see: `right`, or the way in which damage was noticed. */

import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { RomeError } from '../../lib/errors/rome-error.js'
import { checkNumbers, DamagedValue, numberedCommit } from './invariant-store.js'

interface Task {
  readonly directory: string
  readonly commits: number
}

async function look({ directory, commits }: Task): Promise<string> {
  const engine = new LevelEngine(directory)
  try {
    await engine.open()
    const last = await checkNumbers(engine)
    if (last !== commits) return `the store ends with commit ${last} and says nothing`
    await engine.commit(numberedCommit(commits + 1, 'one more'))
    if ((await checkNumbers(engine)) !== commits + 1) return 'a commit after the damage is lost'
    return 'right'
  } catch (error) {
    if (error instanceof DamagedValue) return 'DamagedValue'
    return error instanceof RomeError ? error.code : String(error)
  } finally {
    await engine.close().catch(() => undefined)
  }
}

process.on('message', (task: Task) => {
  void look(task).then((result) => process.send?.(result))
})
