import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project's package.json, wherever the compiler put this file. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(folder: string): string {
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'rome-orm') return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('The package.json of rome-orm lies above none of the folders of this file.')
  return findRoot(parent)
}

const folders = ['.ci', 'bench', 'docs', 'examples', 'glance', 'lib', 'scripts', 'test']
const foldersLeftOut = new Set(['node_modules', 'results', 'dist'])

/** The project's own files, as paths from its root with `/`, in order: those of its folders and those beside them. */
export function projectFiles(matches: RegExp): string[] {
  const beside = readdirSync(projectRoot, { withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = [...folders.flatMap(filesUnder), ...beside.map((entry) => entry.name)]
  return paths.filter((path) => matches.test(path)).sort()
}

function filesUnder(folder: string): string[] {
  if (!existsSync(join(projectRoot, folder))) return []
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return foldersLeftOut.has(entry.name) ? [] : filesUnder(path)
    return [path]
  })
}

/** The text of a file named from the project's root. */
export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

/** A path from the project's root, with `/`. */
export function projectPath(absolutePath: string): string {
  return relative(projectRoot, absolutePath).split(sep).join('/')
}

/** The source without its comments, line for line, so that what comments quote is not taken for code. */
export function withoutComments(source: string): string {
  const blanked = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
  return blanked.replace(/(^|\s)\/\/.*$/gm, '$1')
}
