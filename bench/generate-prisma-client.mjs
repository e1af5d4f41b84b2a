// Prisma needs a client that is made of its schema. Without it Prisma is left out of the benchmarks, and named.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeOfPeers } from './packages.mjs'

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url))
const node = nodeOfPeers()
const { status, stderr } = spawnSync(
  node,
  [pathOf('node_modules/prisma/build/index.js'), 'generate', '--no-hints', '--schema', pathOf('peers/prisma.prisma')],
  {
    // The engine for migrations, which it would download, has no part in this: any program will do.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: node, CHECKPOINT_DISABLE: '1' },
    cwd: pathOf('.'),
    encoding: 'utf8',
  },
)
if (status !== 0) console.error(`The client of Prisma could not be generated, so Prisma will be left out.\n${stderr}`)
