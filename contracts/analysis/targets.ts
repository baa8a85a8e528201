/**
 * What goes on public networks and so is analysed: these contracts and every file under `src` that they import. The one
 * list of it; paths are relative to `contracts`.
 */
export const production = ['src/StreamChannelEscrow.sol']
