/** Asks for something that has to be paid for, a thousand times if need be. */
import { createPayer } from '@pbstream/sdk/client'
import { fileStorage } from '@pbstream/sdk/client/file'

const pay = createPayer({
  key: process.env['PBSTREAM_KEY'] as `0x${string}`,
  budget: { perRequest: '$0.01', total: '$5' },
  storage: fileStorage('.pbstream-payer'),
})

const response = await pay.fetch(process.argv[2] ?? 'http://127.0.0.1:8787/')
console.log(response.status, await response.text())
