/** Items of one key together, keys and items in the order they came; no group is empty. */
export function group<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): readonly (readonly [Item, ...Item[]])[] {
  const groups = new Map<Key, [Item, ...Item[]]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key)
    if (known) known.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}
