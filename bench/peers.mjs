// The peers that are measured, by name; the first is the one that others are compared with.
import { join } from 'node:path'

export const peers = {
  'by-hand': {
    title: 'classic-level by hand',
    open: async (directory) => (await import('./peers/level-by-hand.mjs')).openPeer(join(directory, 'by-hand')),
  },
  'level-1': { title: 'Rome, 1 partition', open: (directory) => openLevel(directory, 1) },
  'level-4': { title: 'Rome, 4 partitions', open: (directory) => openLevel(directory, 4) },
  'level-4-uncached': {
    title: 'Rome, 4 partitions, no cache',
    open: (directory) => openLevel(directory, 4, { bytes: 0 }),
  },
  memory: {
    title: 'Rome, memory',
    keepsNothing: true,
    open: async () => {
      const { memory } = await import('rome-orm/engines/memory')
      return (await import('./peers/rome.mjs')).openPeer(memory())
    },
  },
}

async function openLevel(directory, partitions, cache) {
  const { level } = await import('rome-orm/engines/level')
  return (await import('./peers/rome.mjs')).openPeer(level(join(directory, 'rome'), { partitions }), cache)
}
