/** Words of hosts. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  hosts: { en: 'Hosts', zh: '主机' },
  hostsText: {
    en: 'Calls go only to hosts that you have shown to be yours. A proof is of one host and port, in one mode.',
    zh: '调用只发往您已证明归属的主机。证明针对一个主机和端口、一种模式。',
  },
  host: { en: 'Host', zh: '主机' },
  hostHint: { en: 'Its name, with the port if it is not 443.', zh: '域名；端口不是 443 时一并写出。' },
  add: { en: 'Name a host', zh: '添加主机' },
  addText: {
    en: 'You get a text to serve there. That the host serves it shows that it is yours.',
    zh: '您会得到一段文本并在该主机上提供。主机提供该文本即证明归属。',
  },
  cancel: { en: 'Cancel', zh: '取消' },
  noHosts: { en: 'No host yet', zh: '还没有主机' },
  noHostsText: {
    en: 'Name the host that answers your API, such as api.example.com. It is the first of four steps to a first payment.',
    zh: '填写提供 API 的主机，例如 api.example.com。这是通往首笔付款的四步中的第一步。',
  },
  state: { en: 'State', zh: '状态' },
  verified: { en: 'shown to be yours', zh: '已证明' },
  waiting: { en: 'waits for its proof', zh: '等待证明' },
  named: { en: 'Named', zh: '添加时间' },
  proof: { en: 'Proof for {host}', zh: '{host} 的证明' },
  proofText: {
    en: 'Serve this text, and nothing else, with status 200 and no redirect:',
    zh: '以状态 200、不重定向的方式，仅提供这段文本：',
  },
  token: { en: 'text to serve', zh: '要提供的文本' },
  address: { en: 'address', zh: '地址' },
  at: { en: 'At this address:', zh: '在此地址：' },
  tryIt: { en: 'Try it yourself first:', zh: '可先自行检查：' },
  command: { en: 'command', zh: '命令' },
  verify: { en: 'Verify now', zh: '立即验证' },
  verifying: { en: 'The address is being read: up to 5 seconds …', zh: '正在读取该地址：最多 5 秒……' },
  failed: {
    en: 'The text was not there. Look at the status (200), at redirects (none), and at the body (this text alone).',
    zh: '未找到该文本。请检查状态（200）、重定向（不得有）和正文（仅此文本）。',
  },
  done: { en: '{host} is yours: routes may lead there now.', zh: '{host} 已证明归您：现在路由可以指向它。' },
  show: { en: 'Proof', zh: '证明' },
  close: { en: 'Close', zh: '关闭' },
  services: { en: 'Services of the deployment', zh: '部署的服务绑定' },
  servicesText: {
    en: 'A route may also lead to a service binding (UPSTREAM_…) or to the zone behind the gateway, where an operator has given you one. There is nothing to prove for those. Routes of yours that do:',
    zh: '路由也可指向服务绑定（UPSTREAM_…）或网关后的本区域，须由运维人员授予，无需证明。您使用它们的路由：',
  },
  noServices: { en: 'None.', zh: '无。' },
  zone: { en: 'zone', zh: '本区域' },
})
