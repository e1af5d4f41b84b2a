import { levelSuite } from './level-suite.js'

// Everything that happens rarely happens often: new bases, checkpoints, segments and full backlogs.
levelSuite(
  'level, 4 partitions, os, restless',
  { partitions: 4, durability: 'os' },
  {
    segmentBytes: 2000,
    checkpointBytes: 5000,
    overlayBytes: 3000,
    backlogBytes: 2000,
    applyBytes: 500,
    applyDelayMs: 1,
  },
)
