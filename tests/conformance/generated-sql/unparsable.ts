/** Cases (`id@database`) whose own texts the database cannot parse: `*` for any text. */
export const unparsable: readonly string[] = []
