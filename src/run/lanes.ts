/** Work in lanes, each with so many places: what finds no free place waits its turn. */
export interface Lanes<Lane extends string> {
  enter<T>(lane: Lane, work: () => Promise<T>): Promise<T>
}

export function newLanes<Lane extends string>(places: Readonly<Record<Lane, number>>): Lanes<Lane> {
  const busy = new Map<Lane, number>()
  const waiting: { lane: Lane; go: () => void }[] = []
  return {
    async enter(lane, work) {
      if ((busy.get(lane) ?? 0) >= places[lane]) await new Promise<void>(go => waiting.push({ lane, go }))
      else busy.set(lane, (busy.get(lane) ?? 0) + 1)
      try {
        return await work()
      } finally {
        // The place is handed on rather than freed, so that nobody slips in between.
        const next = waiting.findIndex(waiter => waiter.lane === lane)
        if (next >= 0) waiting.splice(next, 1)[0]?.go()
        else busy.set(lane, (busy.get(lane) ?? 1) - 1)
      }
    }
  }
}
