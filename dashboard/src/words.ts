/** Words of the frame, of signing in and of the wallet. */
import { defineWords } from './text.ts'

export const walletWords = defineWords({
  browserWallet: { en: 'Browser wallet', zh: '浏览器钱包' },
  none: {
    en: 'No wallet was found. Install a wallet for this browser and reload the page.',
    zh: '未找到钱包。请为浏览器安装钱包后刷新页面。',
  },
  noAccount: {
    en: 'The wallet shows no account. Unlock it and allow this page to see one.',
    zh: '钱包没有提供账户。请解锁钱包并允许本页面查看账户。',
  },
  declined: { en: 'Declined in the wallet. Nothing was changed.', zh: '已在钱包中拒绝。没有做任何更改。' },
  pending: {
    en: 'The wallet is already asking something. Open it and answer there.',
    zh: '钱包正在等待确认。请打开钱包处理。',
  },
  chainUnknown: {
    en: 'The wallet does not know this chain. Add it there first.',
    zh: '钱包不认识该链。请先在钱包中添加。',
  },
  addChain: {
    en: 'The wallet does not know chain {chainId}. Add it in the wallet, then try again.',
    zh: '钱包不认识链 {chainId}。请先在钱包中添加，然后重试。',
  },
  otherChain: {
    en: 'The wallet is still on another chain. Switch it to {chain} and try again.',
    zh: '钱包仍在其他链上。请切换到 {chain} 后重试。',
  },
  otherAccount: {
    en: 'The wallet is at another account. Switch it to {account} and try again.',
    zh: '钱包当前是另一个账户。请切换到 {account} 后重试。',
  },
  failed: { en: 'The wallet could not do this. Open it and try again.', zh: '钱包无法完成操作。请打开钱包后重试。' },
  said: { en: 'The wallet could not do this: {said}', zh: '钱包无法完成操作：{said}' },
})

export const frameWords = defineWords({
  skip: { en: 'Skip to the page', zh: '跳到主要内容' },
  menu: { en: 'Navigation', zh: '导航' },
  openMenu: { en: 'Open navigation', zh: '打开导航' },
  closeMenu: { en: 'Close navigation', zh: '关闭导航' },
  you: { en: 'Your wallet', zh: '我的钱包' },
  yourSentinel: { en: 'Protection', zh: '防护' },
  provider: { en: 'Provider', zh: '提供方' },
  providerSentinel: { en: 'Sentinel', zh: '哨兵' },
  chooseProvider: { en: 'Provider', zh: '提供方' },
  allProviders: { en: 'All providers…', zh: '所有提供方…' },
  becomeProvider: { en: 'Sell an API', zh: '出售 API' },
  mode: { en: 'Mode', zh: '模式' },
  live: { en: 'Live', zh: '正式' },
  test: { en: 'Test', zh: '测试' },
  testStrip: { en: 'Test mode: test chains and play money.', zh: '测试模式：使用测试链，资金没有实际价值。' },
  theme: { en: 'Theme', zh: '主题' },
  themeSystem: { en: 'As the system', zh: '跟随系统' },
  themeLight: { en: 'Light', zh: '浅色' },
  themeDark: { en: 'Dark', zh: '深色' },
  language: { en: 'Language', zh: '语言' },
  account: { en: 'Account', zh: '账户' },
  accountOf: { en: 'Account {address}', zh: '账户 {address}' },
  signedInOn: { en: 'Contract account on {chain}', zh: '{chain} 上的合约账户' },
  settings: { en: 'Settings', zh: '设置' },
  signOut: { en: 'Sign out', zh: '退出登录' },
  signOutEverywhere: { en: 'Sign out everywhere', zh: '在所有设备上退出' },
  signedOut: { en: 'Signed out.', zh: '已退出登录。' },
  otherAccount: {
    en: 'The wallet is at {wallet}; you are signed in as {owner}. Signatures need the latter.',
    zh: '钱包当前账户为 {wallet}，登录账户为 {owner}。签名需要使用登录账户。',
  },
  noPage: { en: 'There is no such page', zh: '页面不存在' },
  noPageText: {
    en: 'The address may be mistyped, or what it showed may be gone.',
    zh: '地址可能有误，或者原来的内容已不存在。',
  },
  home: { en: 'To the session keys', zh: '前往会话密钥' },
  broken: { en: 'This page stopped working', zh: '页面出现错误' },
  brokenText: {
    en: 'Nothing was changed by that. Reload it; if it happens again, tell us what you did before.',
    zh: '没有因此做任何更改。请刷新页面；如果再次出现，请告诉我们之前的操作。',
  },
  reload: { en: 'Reload', zh: '刷新' },
  newVersion: {
    en: 'This part of the dashboard could not be loaded. A new version may have been put up: reload the page.',
    zh: '无法加载此部分。可能已发布新版本，请刷新页面。',
  },
})

export const signInWords = defineWords({
  title: { en: 'Sign in with your wallet', zh: '使用钱包登录' },
  text: {
    en: 'Your wallet signs one message to show that the account is yours. It costs nothing, moves no money, and gives this page no power over the account.',
    zh: '钱包会签署一条消息，证明账户属于您。登录免费，不会转移资金，也不会让本页面控制您的账户。',
  },
  choose: { en: 'Choose a wallet', zh: '选择钱包' },
  with: { en: 'Continue with {wallet}', zh: '使用 {wallet} 继续' },
  noWallet: { en: 'No wallet in this browser', zh: '浏览器中没有钱包' },
  noWalletText: {
    en: 'Install a browser wallet that supports EIP-6963 (most do), or open this address in the browser of your mobile wallet. Then reload the page.',
    zh: '请安装支持 EIP-6963 的浏览器钱包（大多数都支持），或在手机钱包的浏览器中打开此地址，然后刷新页面。',
  },
  after: {
    en: 'What you see after that: the keys that your agents pay with and what they may still spend; or, if you sell, your routes, prices and money.',
    zh: '登录后可以查看：代理用来付款的密钥及其剩余额度；如果您是提供方，还可以查看路由、价格和收入。',
  },
  again: { en: 'Your session has ended', zh: '登录已过期' },
  againText: {
    en: 'Sign in again with {account} to go on. What you were writing is still there.',
    zh: '请使用 {account} 重新登录以继续。未保存的内容仍然保留。',
  },
  leave: { en: 'Leave this page', zh: '离开此页面' },
  waiting: { en: 'Answer in the wallet…', zh: '请在钱包中确认…' },
  details: {
    en: 'The message names this address and a number that is good once. The session lasts 12 hours and ends when you sign out.',
    zh: '消息包含本网站地址和一次性编号。登录有效期为 12 小时，退出后立即失效。',
  },
})
