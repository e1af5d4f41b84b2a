// Which packages are there, in which versions, and which Node runs what is measured.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folders = [new URL('node_modules/', import.meta.url), new URL('../node_modules/', import.meta.url)]

/** As it was installed, or undefined when it is not there. */
export function versionOf(name) {
  for (const folder of folders) {
    const manifest = new URL(`${name}/package.json`, folder)
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).version
  }
  return undefined
}

/** Some peers need a newer Node than Rome; it comes as a package. */
export function nodeOfPeers() {
  return nodeOf('node')
}

/** The service is measured on the newest Node with long-term support, which comes as a package of its own. */
export function nodeOfService() {
  return nodeOf('node-for-glance')
}

/** The Node that a package brings; the one that runs where the package is not there. */
function nodeOf(name) {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = fileURLToPath(new URL(`${name}/bin/${file}`, folders[0]))
  return existsSync(path) ? path : process.execPath
}
