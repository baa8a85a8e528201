/**
 * Mistakes that somebody could make in the escrow, one for each way an invariant can break, at least two an invariant.
 * `scripts/planted.ts` puts each into a copy of the sources and demands that the invariant tests find it.
 */
export interface Bug {
  name: string
  /** The invariant that must fail, and the check of it that must be the one. */
  invariant: 'I1' | 'I3' | 'I4' | 'I5'
  check: string
  /** Below `src`; `find` occurs in it exactly once. */
  file: string
  find: string
  replace: string
}

export const bugs: readonly Bug[] = [
  {
    name: 'a withdrawal pays what was asked although it was claimed meanwhile',
    invariant: 'I1',
    check: 'claimed > balance',
    file: 'libraries/ChannelMath.sol',
    find: 'uint128 unclaimed = balance - totalClaimed;',
    replace: 'uint128 unclaimed = totalClaimed > balance ? 0 : balance;',
  },
  {
    name: 'a packed row records the asked total of a channel that holds less',
    invariant: 'I1',
    check: 'claimed > balance',
    file: 'libraries/ChannelMath.sol',
    find: 'recorded = total < balance ? total : balance;',
    replace: 'recorded = balance == 0 ? 0 : total;',
  },
  {
    name: 'an emptied channel is deleted to get gas back, so old vouchers are good again',
    invariant: 'I3',
    check: "a channel's totalClaimed fell",
    file: 'Channels.sol',
    find: '        channel.balance -= returned;\n',
    replace:
      '        channel.balance -= returned;\n        if (channel.balance == channel.totalClaimed) delete channels[channelId];\n',
  },
  {
    name: 'the period ceiling pauses while a key is frozen',
    invariant: 'I3',
    check: 'spendCeiling fell',
    file: 'SessionKeyValidator.sol',
    find: '        state.frozenAt = 0;\n',
    replace: '        state.limit.start += uint40(block.timestamp) - state.frozenAt;\n        state.frozenAt = 0;\n',
  },
  {
    name: 'a packed row may ask for more than its voucher',
    invariant: 'I4',
    check: 'claimed more than was ever signed',
    file: 'StreamChannelEscrow.sol',
    find: '} else if (total > max) {',
    replace: '} else if (total > max + 1) {',
  },
  {
    name: 'a refund frees the asked amount of the budget instead of what went back',
    invariant: 'I4',
    check: 'usage is not what the channels of the key hold',
    file: 'Channels.sol',
    find: '        _beforeReturn(config, returned);\n',
    replace: '        _beforeReturn(config, amount);\n',
  },
  {
    name: 'the freezer may also unfreeze',
    invariant: 'I4',
    check: 'a call without a right succeeded',
    file: 'SessionKeyValidator.sol',
    find: '        if (msg.sender != state.account) revert NotAccount(msg.sender);\n    }',
    replace:
      '        if (msg.sender != state.account && msg.sender != state.freezer) revert NotAccount(msg.sender);\n    }',
  },
  {
    name: 'the latest stop counts instead of the earliest',
    invariant: 'I4',
    check: 'claimed under a key that is over',
    file: 'libraries/ChannelMath.sol',
    find: 'if (frozenAt != 0 && frozenAt < stop) stop = frozenAt;',
    replace: 'if (frozenAt != 0 && frozenAt > stop) stop = frozenAt;',
  },
  {
    name: 'a packed batch pays what its rows ask for, not what they record',
    invariant: 'I5',
    check: "a receiver's total is not the sum of its channels",
    file: 'StreamChannelEscrow.sol',
    find: 'paid += recorded - claimed;',
    replace: 'paid += total - claimed;',
  },
  {
    name: 'a packed batch marks only its own claims as paid, not the older ones that it pays with them',
    invariant: 'I5',
    check: 'settled is not what was paid',
    file: 'Channels.sol',
    find: 'or(total, shl(128, total))',
    replace: 'or(total, shl(128, add(sub(total, amount), claimed)))',
  },
]
