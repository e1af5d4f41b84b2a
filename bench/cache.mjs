// How much memory a peer may take for what it read: the option `--cache`, handed to its process.
export const cacheMiB = Number(process.env.BENCH_CACHE_MIB ?? 64)
