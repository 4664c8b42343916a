/** Cases (`id@database`) whose own texts are another database's, or do not fit what the test prepares; `*` for any text. */
export const unparsable: readonly string[] = [
  'createProcedure*@postgresql',
  'createProcedure*@mariadb',
  'createTable tableType=GLOBAL TEMPORARY@mariadb',
  'createTable tableType=GLOBAL TEMPORARY@sqlite',
  'createTable tableType=UNLOGGED@mariadb',
  'createTable tableType=UNLOGGED@sqlite',
  'modifyDataType newDataType=varchar(10) NOT NULL@postgresql',
  'loadUpdateData: typed columns@postgresql',
  '* default int defaultValue=nextval(1)@mariadb',
  'createTable default int defaultValue=nextval(1)@mariadb',
  'createTable default timestamp defaultValue=CURRENT_TIMESTAMP@postgresql',
  'update: more placeholders than parameters@mariadb',
  'update: more placeholders than parameters@postgresql',
]
