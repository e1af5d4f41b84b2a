import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { engineSuite } from '../../lib/engines/suite/index.js'
import { seed } from '../support/seed.js'

for (const partitions of [1, 4]) {
  engineSuite({
    test: (title, run) => t.test(title, run),
    name: `memory, ${partitions} partitions`,
    factory: () => memory({ partitions }),
    seed,
  })
}
