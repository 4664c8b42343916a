import type { ParameterRules } from './database-url-parameters.ts'

const bool = /^(?:true|false|on|off|yes|no|1|0)$/i

/** sqlite-jdbc's parameters (https://github.com/xerial/sqlite-jdbc/blob/master/USAGE.md), which are PRAGMAs, and SQLite's URI ones. */
export const sqliteParameters: ParameterRules = {
  used: {
    foreign_keys: bool,
    journal_mode: /^(?:delete|truncate|persist|memory|wal|off)$/i,
    synchronous: /^(?:off|normal|full|extra|0|1|2|3)$/i,
    recursive_triggers: bool,
    cache_size: /^-?\d+$/,
    mode: /^(?:rw|rwc|memory)$/i,
  },
  aliases: {},
  harmless: `cache date_class date_precision date_string_format default_cache_size fetch_size full_column_names
    fullsync get_generated_keys jdbc.explicit_readonly jdbc.get_generated_keys limit_attached limit_column limit_compound_select
    limit_expr_depth limit_function_arg limit_length limit_like_pattern_length limit_page_count limit_sql_length limit_trigger_depth
    limit_variable_number limit_vdbe_op limit_worker_threads max_page_count mmap_size open_mode page_size read_uncommitted
    reverse_unordered_selects secure_delete shared_cache short_column_names temp_store temp_store_directory transaction_mode
    user_version application_id count_changes empty_result_callbacks enable_full_sync enable_load_extension encoding
    incremental_vacuum journal_size_limit legacy_file_format locking_mode vfs psow`,
  refused: {
    busy_timeout: {
      why: 'has no effect: locks are waited for as the command says',
      hint: 'Use the lock timeout of the step or command instead.',
      severity: 'warning',
    },
    case_sensitive_like: {
      why: 'has no effect',
      hint: 'Set the PRAGMA in the changelog.',
      severity: 'warning',
      except: /^(?:false|off|no|0)$/i,
    },
    immutable: { why: 'asks for a database that may not be written', hint: 'Take it out.', except: /^0$/ },
    nolock: { why: 'turns file locks off', hint: 'Take it out: two writers would damage the file.', except: /^0$/ },
    password: { why: 'is for an encrypted database, which is not supported', hint: 'Use an unencrypted file.' },
    key: { why: 'is for an encrypted database, which is not supported', hint: 'Use an unencrypted file.' },
    hexkey: { why: 'is for an encrypted database, which is not supported', hint: 'Use an unencrypted file.' },
    hexkey_mode: { why: 'is for an encrypted database, which is not supported', hint: 'Use an unencrypted file.' },
    cipher: { why: 'is for an encrypted database, which is not supported', hint: 'Use an unencrypted file.' },
  },
}
