/** What a host has decided, in Git's, curl's and OpenSSH's words: the same again tomorrow. Counts wherever it stands. */
const refusal =
  /authentication failed|permission denied|access denied|host key verification failed|could not read (?:username|password)|returned error: 4(?!29)\d\d|not found|couldn't find remote ref|not our ref|remote error:|does not appear to be a git repository|certificate/i

/** What a repeat can change: names and connections, a busy or restarting server, a transfer that broke off. */
const interruption =
  /could not resolve (?:host|proxy)|temporary failure in name resolution|failed to connect|couldn't connect|connection (?:was )?(?:refused|reset|closed|timed out|aborted)|(?:operation|connect) timed out|timeout was reached|no route to host|network is unreachable|broken pipe|empty reply from server|returned error: (?:429|5\d\d)|http (?:429|5\d\d)\b|early eof|unexpected (?:eof|disconnect)|hung up unexpectedly|transfer closed|non-properly terminated|http\/2 stream/i

/**
 * Whether Git has failed since a host could not be reached for the moment, by what it printed (in English: `LANG` is C). What the host itself
 * has said (`remote: …`) proves nothing.
 */
export function isGitUnreachable(lines: readonly string[]): boolean {
  const own = lines.filter((line) => !line.startsWith('remote: '))
  return own.some((line) => interruption.test(line)) && !lines.some((line) => refusal.test(line))
}
