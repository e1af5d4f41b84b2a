// The peers that are measured, by name.
import { join } from 'node:path'
import { cacheMiB } from './cache.mjs'
import { fileOf } from './sqlite-store.mjs'

const serializable = 'serializable, reads validated at commit'
const oneWriter = 'serializable, one writer at a time'

/** `packages` are those whose versions are told; without one of them a peer is left out. */
export const peers = {
  'rome-1': rome('Rome, 1 partition', (directory) => openLevel(directory, 1)),
  'rome-4': rome('Rome, 4 partitions', (directory) => openLevel(directory, 4)),
  'rome-1-uncached': rome('Rome, 1 partition, no cache', (directory) => openLevel(directory, 1, 0)),
  'rome-4-uncached': rome('Rome, 4 partitions, no cache', (directory) => openLevel(directory, 4, 0)),
  'rome-memory': {
    ...rome('Rome, memory', async () => {
      const { memory } = await import('rome-orm/engines/memory')
      return (await import('./peers/rome.mjs')).openPeer(memory(), cacheMiB)
    }),
    keepsNothing: true,
  },
  level: {
    title: 'classic-level by hand',
    packages: ['classic-level', 'msgpackr'],
    isolation: 'none',
    open: async (directory) => (await import('./peers/level-by-hand.mjs')).openPeer(join(directory, 'level')),
  },
  'better-sqlite3': sqlite('better-sqlite3 by hand', [], async (directory) =>
    (await import('./peers/better-sqlite3.mjs')).openPeer(fileOf(directory)),
  ),
  'node-sqlite': {
    title: 'node:sqlite by hand',
    packages: [],
    isolation: oneWriter,
    open: async (directory) => (await import('./peers/node-sqlite.mjs')).openPeer(fileOf(directory)),
  },
  drizzle: sqlite('Drizzle', ['drizzle-orm'], async (directory) =>
    (await import('./peers/drizzle.mjs')).openPeer(fileOf(directory)),
  ),
  kysely: sqlite('Kysely', ['kysely'], async (directory) =>
    (await import('./peers/kysely.mjs')).openPeer(fileOf(directory)),
  ),
  'mikro-orm': sqlite('MikroORM', ['@mikro-orm/sqlite'], async (directory) =>
    (await import('./peers/mikro-orm.mjs')).openPeer(fileOf(directory)),
  ),
  typeorm: sqlite('TypeORM', ['typeorm'], async (directory) =>
    (await import('./peers/typeorm.mjs')).openPeer(fileOf(directory)),
  ),
  prisma: sqlite('Prisma', ['@prisma/client', '@prisma/adapter-better-sqlite3'], async (directory) =>
    (await import('./peers/prisma.mjs')).openPeer(fileOf(directory)),
  ),
  sequelize: {
    title: 'Sequelize',
    packages: ['sequelize', 'sqlite3'],
    isolation: oneWriter,
    open: async (directory) => (await import('./peers/sequelize.mjs')).openPeer(fileOf(directory)),
  },
}

function rome(title, open) {
  return { title, packages: ['rome-orm', 'classic-level', 'msgpackr'], isolation: serializable, open }
}

function sqlite(title, packages, open) {
  return { title, packages: [...packages, 'better-sqlite3'], isolation: oneWriter, open }
}

async function openLevel(directory, partitions, cacheOfRomeMiB = cacheMiB) {
  const { level } = await import('rome-orm/engines/level')
  return (await import('./peers/rome.mjs')).openPeer(level(join(directory, 'rome'), { partitions }), cacheOfRomeMiB)
}
