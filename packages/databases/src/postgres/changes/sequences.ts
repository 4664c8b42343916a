import type { ChangeGenerator, ChangeWriter } from './writer.ts'

export const createSequence: ChangeGenerator = (writer) => {
  refuseOrdered(writer)
  const { get } = writer
  return [
    `CREATE SEQUENCE  IF NOT EXISTS ${sequenceOf(writer)}` +
      (get('dataType') === undefined ? '' : ` AS ${get('dataType')}`) +
      (get('startValue') === undefined ? '' : ` START WITH ${get('startValue')}`) +
      limits(writer) +
      // NO CYCLE is what a new sequence does anyway.
      (writer.isTrue('cycle') ? ' CYCLE' : ''),
  ]
}

export const alterSequence: ChangeGenerator = (writer) => {
  refuseOrdered(writer)
  const cycle = writer.get('cycle')
  return [
    `ALTER SEQUENCE ${sequenceOf(writer)}${limits(writer)}${cycle === undefined ? '' : writer.isTrue('cycle') ? ' CYCLE' : ' NO CYCLE'}`,
  ]
}

export const dropSequence: ChangeGenerator = (writer) => [`DROP SEQUENCE ${sequenceOf(writer)} CASCADE`]

export const renameSequence: ChangeGenerator = (writer) => [
  `ALTER SEQUENCE ${writer.qualified(writer.need('oldSequenceName'), writer.get('schemaName'))} RENAME TO ${writer.name(writer.need('newSequenceName'))}`,
]

function limits({ get }: ChangeWriter): string {
  return (
    (get('incrementBy') === undefined ? '' : ` INCREMENT BY ${get('incrementBy')}`) +
    (get('minValue') === undefined ? '' : ` MINVALUE ${get('minValue')}`) +
    (get('maxValue') === undefined ? '' : ` MAXVALUE ${get('maxValue')}`) +
    (get('cacheSize') === undefined ? '' : ` CACHE ${get('cacheSize')}`)
  )
}

function sequenceOf(writer: ChangeWriter): string {
  return writer.qualified(writer.need('sequenceName'), writer.get('schemaName'))
}

function refuseOrdered(writer: ChangeWriter): void {
  if (writer.get('ordered') !== undefined) writer.refuse('ordered')
}
