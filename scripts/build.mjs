// Compiles lib, test and examples into dist/. The whole of dist/ is written anew, so that the output of a deleted
// source cannot stay behind; the native compiler takes less than a second for all of it.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
const commandLine = fileURLToPath(new URL('../dist/lib/cli/main.js', import.meta.url))

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: root, stdio: 'inherit' })
if (existsSync(commandLine)) chmodSync(commandLine, 0o755)
process.exit(status ?? 1)
