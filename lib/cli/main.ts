#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { analyzeDirectory, analyzedText } from './analyze.js'
import { describeStore } from './info.js'
import { infoText } from './info-text.js'
import { changePartitions, repartitionText } from './repartition.js'
import { runCommand, usageExitCode } from './run-command.js'
import { verifyDirectory } from './verify.js'
import { verifyText } from './verify-text.js'

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
)
const json = new Option('--json', 'print the result, or the error, as JSON')

const program = new Command('rome')
  .description('Looks after the stores of Rome, which no other process may have open meanwhile.')
  .version(manifest.version)
  .showHelpAfterError('Run `rome --help` for what can be done.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : usageExitCode))

program
  .command('info')
  .description('tells format, partitions, sizes, and the tables with their columns and indexes')
  .argument('<directory>', 'of the store')
  .option('--rows', 'count the rows of each table, which reads all of them')
  .addOption(json)
  .action((directory: string, options: { readonly rows?: boolean; readonly json?: boolean }) =>
    runCommand(options, async () => {
      const result = await describeStore(directory, { countsRows: options.rows === true })
      return { result, text: infoText(result), isGood: true }
    }),
  )

program
  .command('verify')
  .description('reads everything: checks all checksums, that every row can be read, and every index entry')
  .argument('<directory>', 'of the store')
  .addOption(json)
  .action((directory: string, options: { readonly json?: boolean }) =>
    runCommand(options, async (progress) => {
      const result = await verifyDirectory(directory, progress)
      return { result, text: verifyText(result), isGood: result.problemCount === 0 }
    }),
  )

program
  .command('analyze')
  .description('counts rows, entries and different values, by which queries choose their indexes')
  .argument('<directory>', 'of the store')
  .addOption(json)
  .action((directory: string, options: { readonly json?: boolean }) =>
    runCommand(options, async (progress) => {
      const result = await analyzeDirectory(directory, progress)
      return { result, text: analyzedText(result), isGood: true }
    }),
  )

program
  .command('repartition')
  .description('gives the store another number of partitions, which takes twice its space meanwhile')
  .argument('<directory>', 'of the store')
  .requiredOption('--partitions <n>', 'how many it shall have', wholeNumber)
  .addOption(json)
  .action((directory: string, options: { readonly partitions: number; readonly json?: boolean }) =>
    runCommand(options, async (progress) => {
      const result = await changePartitions(directory, options.partitions, progress)
      return { result, text: repartitionText(result), isGood: true }
    }),
  )

await program.parseAsync()

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number.')
}
