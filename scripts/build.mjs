// Compiles lib, glance, test and examples into dist/. The whole of dist/ is written anew, so that the output of a
// deleted source cannot stay behind; the native compiler takes less than a second for all of it.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
const commandLine = fileURLToPath(new URL('../dist/lib/cli/main.js', import.meta.url))

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: root, stdio: 'inherit' })
if (existsSync(commandLine)) chmodSync(commandLine, 0o755)
if (status === 0) placeGlance({ asCopy: process.argv.includes('--package') })
process.exit(status ?? 1)

/**
 * The package of glance finds its output below itself, where a package has to have it: as a link, so that a checkout
 * has one copy, from which `rome-orm` is found by its own name; as files when it is packed, which leaves out links.
 */
function placeGlance({ asCopy }) {
  const place = fileURLToPath(new URL('../glance/dist', import.meta.url))
  rmSync(place, { recursive: true, force: true })
  if (asCopy) cpSync(fileURLToPath(new URL('../dist/glance', import.meta.url)), place, { recursive: true })
  else symlinkSync(join('..', 'dist', 'glance'), place, 'junction')
}
