// Which packages are there, in which versions, and which Node runs the peers.
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

/** The Node that the package `node` brings, as some peers need a newer one than Rome; else the one that runs. */
export function nodeOfPeers() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = fileURLToPath(new URL(`node/bin/${file}`, folders[0]))
  return existsSync(path) ? path : process.execPath
}
