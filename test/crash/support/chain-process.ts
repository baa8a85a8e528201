/** The local chain in a process of its own, kept in a file as `npm start` keeps it. */
import { Chain, type ChainOptions } from '@pbstream/local/Chain'

const chain = await Chain.start(JSON.parse(process.argv[2] ?? '') as ChainOptions)
console.log(JSON.stringify({ port: Number(new URL(chain.rpcUrl).port) }))
process.stdin.resume().once('end', () => void chain.stop().then(() => process.exit()))
