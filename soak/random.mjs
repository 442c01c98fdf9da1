// @ts-check
/** Numbers that a seed repeats (mulberry32). @param {number} seed */
export function newRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    /** A whole number from 0 to below `bound`. @param {number} bound */
    below: bound => Math.floor(next() * bound),
    /** @param {number} share */
    chance: share => next() < share,
    /** @template T @param {readonly T[]} items @returns {T} */
    pick: items => /** @type {T} */ (items[Math.floor(next() * items.length)])
  }
}

/** @typedef {ReturnType<typeof newRandom>} Random */
