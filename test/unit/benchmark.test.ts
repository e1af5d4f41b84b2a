import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { projectRoot, readProjectFile } from '../support/project.js'

// The benchmarks are plain modules without types, so that they run as they are.
interface Image {
  readonly id: string
  readonly createdAt: number
  readonly isHidden: boolean
  readonly size: number
  readonly properties: readonly { readonly imageId: string; readonly name: string; readonly value: string }[]
  readonly tags: readonly { readonly value: string }[]
}
interface Data {
  readonly makeWholeImage: (number: number, total: number) => Image
  readonly wholeImagesInPortions: (from: number, count: number, total: number) => Iterable<readonly Image[]>
}
interface AnswerHash {
  readonly hashOf: (answer: unknown, compared?: readonly string[]) => string
  readonly wholeImage: readonly string[]
}

const { makeWholeImage, wholeImagesInPortions }: Data = await load('data')
const { hashOf, wholeImage }: AnswerHash = await load('answer-hash')

t.test('every peer of the benchmarks is given the same images', async (t) => {
  const image = makeWholeImage(7, 1000)
  t.strictSame(makeWholeImage(7, 1000), image, 'which image it is depends on its number alone')
  t.equal(image.id, '018cc252-0ff4-7a00-ac99-4cf85ab22a0f', 'on every machine')
  t.equal(image.properties.length, 3)
  t.equal(image.tags.length, 2)
  t.ok(image.properties.every(({ imageId }) => imageId === image.id))
  const portions = Array.from(wholeImagesInPortions(5, 1500, 3000))
  t.strictSame(
    portions.map(({ length }) => length),
    [1000, 500],
  )
  t.strictSame(portions[1]?.at(-1), makeWholeImage(1504, 3000))
})

t.test('how costs grow is measured with and without a cache, in stores of several sizes', async (t) => {
  const program = join(projectRoot, 'bench/growth.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--rows', '60,300', '--repetitions', '1'])
  const figures = stdout.match(/^\| [a-z0-9, -]+ \| [\d.]+ \(1\.00×\) \| [\d.]+ \([\d.]+×\) \|$/gm)
  t.equal(figures?.length, 10, stdout)
})

t.test('answers of peers are equal however they hold booleans, times and whole numbers', async (t) => {
  const image = makeWholeImage(3, 1000)
  const otherwise = {
    ...image,
    isHidden: Number(image.isHidden),
    size: BigInt(image.size),
    createdAt: new Date(image.createdAt),
    properties: new Set(image.properties.toReversed()),
  }
  t.equal(hashOf([otherwise], wholeImage), hashOf([image], wholeImage))
  t.equal(hashOf([undefined, 1n]), hashOf([null, 1]))
})

t.test('answers of peers differ when any value, the order or the number of images does', async (t) => {
  const [first, second] = [makeWholeImage(1, 1000), makeWholeImage(2, 1000)]
  const hash = hashOf([first, second], wholeImage)
  t.not(hashOf([second, first], wholeImage), hash)
  t.not(hashOf([first], wholeImage), hash)
  t.not(hashOf([first, { ...second, size: second.size + 1 }], wholeImage), hash)
  t.not(hashOf([first, { ...second, tags: second.tags.slice(1) }], wholeImage), hash)
  t.equal(hashOf([first, { ...second, tags: [] }]), hashOf([first, second]), 'but for what is not compared')
})

t.test('no peer of the benchmarks is a dependency of the library', async (t) => {
  const peers = Object.keys(JSON.parse(readProjectFile('bench/package.json')).dependencies)
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(readProjectFile('package.json'))
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
  const own = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))
  t.strictSame(
    peers.filter((name) => own.includes(name)),
    [],
  )
  t.ok(peers.length > 0)
})

async function load<Module>(name: string): Promise<Module> {
  return await import(pathToFileURL(join(projectRoot, `bench/${name}.mjs`)).href)
}
