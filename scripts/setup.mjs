// What `npm start`, `npm test` and `npm run bench` need before they run: installed packages and a current build, with
// `--peers` those of the benchmarks as well.
// Uses nothing but Node, does only what is not done yet, and says in a line what it does.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const nodeVersionMin = [20, 19]

requireNode()
if (!isLink('node_modules')) {
  step({
    name: 'Installing packages',
    stamp: 'node_modules/.rome-setup',
    inputs: ['package-lock.json', '.taprc'],
    run: () => {
      npmInstall(root)
      // tap builds itself anew for the plugins of .taprc; left alone, it does so amid its first run and fails.
      node('node_modules/tap/dist/esm/run.mjs', 'build')
    },
  })
}
step({
  name: 'Building',
  stamp: 'dist/.rome-setup',
  inputs: ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs', 'lib', 'glance/lib', 'test', 'examples'],
  run: () => node('scripts/build.mjs'),
})
if (process.argv.includes('--peers')) {
  step({
    name: 'Installing the peers that Rome is measured beside',
    stamp: 'bench/node_modules/.rome-setup',
    inputs: ['bench/package-lock.json', 'bench/generate-prisma-client.mjs', 'bench/peers/prisma.prisma'],
    run: () => {
      npmInstall(join(root, 'bench'))
      // They have a package of their own, from which this one is found by its name through a link.
      symlinkSync(root, join(root, 'bench/node_modules/rome-orm'), 'junction')
      node('bench/generate-prisma-client.mjs')
    },
  })
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isNewEnough = major > nodeVersionMin[0] || (major === nodeVersionMin[0] && minor >= nodeVersionMin[1])
  if (!isNewEnough) fail(`Rome needs Node ${nodeVersionMin.join('.')} or newer; this is ${process.versions.node}.`)
}

/** Packages that are linked to belong to another checkout, which may need others. */
function isLink(path) {
  return lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** Runs a step unless its stamp holds the hash of its inputs. A step that failed leaves no stamp. */
function step({ name, stamp, inputs, run }) {
  const stampFile = join(root, stamp)
  const hash = hashOf(inputs)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return
  rmSync(stampFile, { force: true })
  console.log(`${name} …`)
  const startedAt = performance.now()
  run()
  writeFileSync(stampFile, hash)
  console.log(`${name}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Of names and contents, not of times, which every checkout changes; of the platform because of its binaries. */
function hashOf(inputs) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of inputs.flatMap(filesUnder)) {
    const content = readFileSync(join(root, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** The file itself, or the TypeScript sources below a folder, in a fixed order. */
function filesUnder(path) {
  if (statSync(join(root, path)).isFile()) return [path]
  const names = readdirSync(join(root, path), { recursive: true }).sort()
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${path}/${name}`)
}

/** Through the npm that runs this script, when one does: it need not be on the path. */
function npmInstall(directory) {
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const runningNpm = process.env.npm_execpath
  const isScript = runningNpm !== undefined && basename(runningNpm) === 'npm-cli.js'
  if (isScript) execute(process.execPath, [runningNpm, ...options], { cwd: directory })
  else execute('npm', options, { cwd: directory, shell: process.platform === 'win32' })
}

function node(...args) {
  execute(process.execPath, args, { cwd: root })
}

function execute(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (status !== 0) fail(`Failed: ${command} ${args.join(' ')}${error === undefined ? '' : ` (${error.message})`}`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
