// Failures in words: those who read Chinese read Chinese, whoever the failure comes from.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errors } from '@pbstream/core/Errors'
import { beforeAll, describe, expect, test } from 'vitest'
import { Failure, type FailureCode, toFailure } from '../src/Failure.ts'
import { Service } from '../src/grant/Service.ts'
import { en } from '../src/text/en.ts'
import { loadProblems } from '../src/text/ProblemText.ts'
import { load } from '../src/text/Text.ts'
import { zh } from '../src/text/zh.ts'
import { explained } from '../src/view/Explained.ts'
import { ask } from '../src/wallet/Provider.ts'
import { problem, TestService } from './support/service.ts'

const root = join(import.meta.dirname, '../../..')
const SOURCES = [
  'workers/control/src/{App,Problem}.ts',
  'workers/control/src/{api,grants,keys}/*.ts',
  'workers/settlement/src/KeyRelay*.ts',
]
/** What only operations for callers who signed in, with lists and etags, or with deposits answer. */
const ELSEWHERE = [
  ...['credentials_invalid', 'cursor_invalid', 'origin_refused', 'scope_missing', 'sign_in_refused'],
  ...['precondition_failed', 'precondition_required'],
  ...['deposit_authorization_invalid', 'deposit_below_min_deposit', 'key_deposit_above_cap', 'insufficient_funds'],
  ...['receiver_authorizer_mismatch', 'token_mismatch', 'withdraw_delay_mismatch'],
]

/** Every code that the operations on grants can answer, read from what refuses in their code and that of what they use. */
function grantCodes(): string[] {
  const text = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
  const named = [...text.matchAll(/(?:Refusal\(|refuse\(|code: )'([a-z_]+)'/g)].map(([, code]) => code!)
  const codes = [...new Set(named)].filter((code) => Object.hasOwn(errors, code) && !ELSEWHERE.includes(code))
  return codes.toSorted()
}

beforeAll(async () => {
  await load('zh')
  await loadProblems()
})

/** No word of English but codes of programs, which stand at the end. */
function expectChinese(failure: Failure, code?: string | number): void {
  const { text, theirs } = explained(failure, 'zh')
  expect(text).toMatch(/\p{Script=Han}/u)
  expect(text).not.toMatch(/[A-Za-z]{2,}/)
  expect(theirs).toBe(code === undefined ? undefined : `代码： ${code}`)
}

const codes = grantCodes()

test('the codes of the service are found in its code', () => {
  expect(codes).toEqual(expect.arrayContaining(['signature_refused', 'key_version_mismatch', 'validation_failed']))
  expect(codes.length).toBeGreaterThan(25)
})

describe.each(codes)('a refusal with %s', (code) => {
  const { title, hint } = errors[code as keyof typeof errors]
  const failure = new Failure('service', { problem: code, detail: `${title}. ${hint}` })

  test('is said in Chinese', () => {
    expectChinese(failure, code)
  })

  test('says in English what it means, and what the service says', () => {
    const { text, theirs } = explained(failure, 'en')
    expect(text).not.toBe(en.fail_service)
    expect(theirs).toBe(`The service says: ${title}. ${hint}`)
  })
})

test.each(['http_500', 'made_up', 'constructor'])(
  'a refusal with the unknown code %s is said in Chinese, with the code',
  (code) => {
    expectChinese(new Failure('service', { problem: code, detail: 'Internal server error' }), code)
  },
)

describe('of the wallet', () => {
  const said = async (code: unknown, message: string) => {
    const provider = { request: () => Promise.reject(Object.assign(new Error(message), { code })) }
    return (await ask(provider, 'eth_accounts').catch((error: unknown) => error)) as Failure
  }

  test('a no is said in Chinese', async () => {
    expectChinese(await said(4001, 'MetaMask Tx Signature: User denied transaction signature.'))
  })

  test.each([4100, 4200, 4900, 4901, 4902, -32_002, -32_603])('%i is said in Chinese', async (code) => {
    const failure = await said(code, 'Unrecognized chain ID. Try adding the chain using wallet_addEthereumChain first.')
    expectChinese(failure, code)
  })

  test('4902 says to add the network', async () => {
    expect(explained(await said(4902, 'Unrecognized chain ID.'), 'zh').text).toBe(zh.wallet_no_chain)
    expect(explained(await said(4902, 'Unrecognized chain ID.'), 'en')).toEqual({
      text: en.wallet_no_chain,
      theirs: 'The wallet says: Unrecognized chain ID.',
    })
  })

  test('its own Chinese words are shown', async () => {
    expect(explained(await said(-32_603, '钱包内部错误'), 'zh').theirs).toBe('钱包的说明： 钱包内部错误')
  })

  test('what is thrown without a code is said in Chinese', () => {
    expectChinese(toFailure(new Error('boom')))
  })
})

const OURS: FailureCode[] = [
  'rejected',
  'no_wallet',
  'no_account',
  'other_account',
  'wrong_chain',
  'no_escrow',
  'network',
  'outcome_unknown',
  'other_form',
]
test.each(OURS)('our own %s is said in Chinese', (code) => {
  expectChinese(new Failure(code))
})

test('a mistake of the page names the member, for its developers', () => {
  const failure = new Failure('configuration', { detail: 'payees: are not 1 to 32' })
  expect(explained(failure, 'zh')).toEqual({ text: zh.fail_configuration, theirs: '给开发者： payees' })
})

describe('over the network', () => {
  test('a service that is not there is said in Chinese', async () => {
    const failure = await new Service('http://127.0.0.1:1').show('sk_1', 'pbg_1').catch(toFailure)
    expectChinese(failure as Failure)
  })

  test('a page of a proxy in the place of an answer is said in Chinese', async () => {
    const proxy = async () => new Response('<h1>502 Bad Gateway</h1>', { status: 502 })
    const failure = (await new Service('https://control.example', proxy).show('sk_1', 'x').catch(toFailure)) as Failure
    expect(failure).toMatchObject({ problem: 'http_502', retryable: true })
    expectChinese(failure, 'http_502')
  })

  test('a field that the service does not take is named by the problem as it stands', async () => {
    await using server = await TestService.start()
    const errors = [{ field: '/permission/spendCap', message: 'too much' }]
    server.instead.push(problem(400, 'validation_failed', { errors }))
    const change = new Service(server.url).change('sk_1', 'x', 'freeze', { signature: '0x', deadline: 1, version: 1 })
    expect(await change.catch(toFailure)).toMatchObject({ problem: 'validation_failed', errors })
  })
})

test('no Chinese text is English', () => {
  const latin = Object.entries(zh).filter(([, text]) => !/\p{Script=Han}/u.test(text.replace(/\{[^}]*\}/g, '')))
  expect(latin.map(([key]) => key)).toEqual([])
})
