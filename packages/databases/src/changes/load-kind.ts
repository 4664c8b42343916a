import type { Product } from './product.ts'

/**
 * How a value of a CSV file is written for a column whose type only the catalogue says. BOOLEAN and STRING are what a column of loadData
 * could say as well; NUMBER and MOMENT take plain values only; FLOATING is a text of which an empty one is NULL.
 */
export type LoadKind = 'BOOLEAN' | 'NUMBER' | 'MOMENT' | 'FLOATING' | 'STRING'

const kinds: Readonly<Record<Product['family'], readonly (readonly [RegExp, LoadKind])[]>> = {
  postgresql: [
    [/^boolean$/, 'BOOLEAN'],
    [/^(?:smallint|integer|bigint|numeric|money)\b/, 'NUMBER'],
    [/^(?:date|time|timestamp)\b/, 'MOMENT'],
    [/^(?:real|double precision)$/, 'FLOATING'],
  ],
  mysql: [
    [/^(?:tinyint\(1\)|bit\(1\))/, 'BOOLEAN'],
    [/^(?:tinyint|smallint|mediumint|int|bigint|decimal|float|double)\b/, 'NUMBER'],
    [/^(?:date|time|datetime|timestamp)\b/, 'MOMENT'],
  ],
  sqlite: [
    [/^(?:bool(?:ean)?|bit)\b/, 'BOOLEAN'],
    [/^(?:(?:tiny|small|medium|big)?int(?:eger)?|decimal|numeric|number|float|double|real)\b/, 'NUMBER'],
    [/^(?:date|time|datetime|timestamp)\b/, 'MOMENT'],
  ],
}

/**
 * The kind of a column's type, as its catalogue spells it. Follows what Liquibase 4.28 was seen to do; where it takes the values of long
 * texts for paths of files, they are texts here.
 */
export function loadKind(type: string, family: Product['family']): LoadKind {
  const lower = type.trim().toLowerCase()
  // An array is a text, whatever it holds.
  if (lower.endsWith('[]')) return 'STRING'
  return kinds[family].find(([pattern]) => pattern.test(lower))?.[1] ?? 'STRING'
}
