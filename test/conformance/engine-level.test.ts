import { levelSuite } from './level-suite.js'

levelSuite('level, 1 partition, os', { durability: 'os' })
levelSuite('level, 4 partitions, commit', { partitions: 4 })
