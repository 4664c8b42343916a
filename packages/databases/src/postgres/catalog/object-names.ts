import type { Reading } from './reading.ts'

/*
 * SQL expressions that name an object from its oid, as statements need it: with its schema, but for those of the one schema of a portable
 * snapshot. The server's own `regproc` and `regoperator` name the schema whenever a name is used twice.
 */

function prefix(reading: Reading, namespace: string, name: string): string {
  const qualified = `quote_ident(${name}) || '.'`
  return reading.isPortable ? `CASE WHEN ${namespace} = ANY ($1::oid[]) THEN '' ELSE ${qualified} END` : qualified
}

/** A function's name without its arguments; null for oid 0. */
export function functionName(reading: Reading, oid: string): string {
  return `(SELECT ${prefix(reading, 'fp.pronamespace', 'fn.nspname')} || quote_ident(fp.proname) FROM pg_proc fp
    JOIN pg_namespace fn ON fn.oid = fp.pronamespace WHERE fp.oid = ${oid}::oid)`
}

/** A function's name with the types of its arguments. */
export function functionSignature(reading: Reading, oid: string): string {
  return `(SELECT ${prefix(reading, 'fp.pronamespace', 'fn.nspname')} || quote_ident(fp.proname) || '(' || coalesce((SELECT string_agg(format_type(ft.t, NULL), ', ' ORDER BY ft.n)
    FROM unnest(fp.proargtypes) WITH ORDINALITY ft(t, n)), '') || ')' FROM pg_proc fp JOIN pg_namespace fn ON fn.oid = fp.pronamespace WHERE fp.oid = ${oid}::oid)`
}

/** An operator in the form `OPERATOR(schema.sign)`, which needs no search path; in a portable snapshot's own schema the bare sign. */
export function operatorName(reading: Reading, oid: string): string {
  const qualified = `'OPERATOR(' || quote_ident(ons.nspname) || '.' || op.oprname || ')'`
  const text = reading.isPortable
    ? `CASE WHEN op.oprnamespace = ANY ($1::oid[]) THEN op.oprname ELSE ${qualified} END`
    : qualified
  return `(SELECT ${text} FROM pg_operator op JOIN pg_namespace ons ON ons.oid = op.oprnamespace WHERE op.oid = ${oid})`
}

/** An operator with the types of its operands, as operator classes name it. */
export function operatorSignature(reading: Reading, oid: string): string {
  return `(SELECT ${prefix(reading, 'op.oprnamespace', 'ons.nspname')} || op.oprname || '(' || CASE op.oprleft WHEN 0 THEN 'NONE' ELSE format_type(op.oprleft, NULL) END
    || ', ' || format_type(op.oprright, NULL) || ')' FROM pg_operator op JOIN pg_namespace ons ON ons.oid = op.oprnamespace WHERE op.oid = ${oid})`
}

/** The name of an object of another catalogue: `pg_ts_dict` and the like, with the columns that hold its name and schema. */
export function namedObject(
  reading: Reading,
  { catalogue, name, namespace }: { readonly catalogue: string; readonly name: string; readonly namespace: string },
  oid: string,
): string {
  return `(SELECT ${prefix(reading, `no.${namespace}`, 'nn.nspname')} || quote_ident(no.${name}) FROM ${catalogue} no
    JOIN pg_namespace nn ON nn.oid = no.${namespace} WHERE no.oid = ${oid})`
}
