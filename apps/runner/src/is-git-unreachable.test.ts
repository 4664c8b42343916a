import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isGitUnreachable } from './is-git-unreachable.ts'

test('names, connections, busy servers and broken transfers are worth a repeat', () => {
  for (const lines of [
    ["fatal: unable to access 'https://git.example.com/r.git/': Could not resolve host: git.example.com"],
    ["fatal: unable to access 'https://h/r.git/': Failed to connect to h port 443 after 3 ms: Couldn't connect to server"],
    ["fatal: unable to access 'https://h/r.git/': Recv failure: Connection reset by peer"],
    ["fatal: unable to access 'https://h/r.git/': Operation timed out after 300000 milliseconds"],
    ["fatal: unable to access 'https://h/r.git/': The requested URL returned error: 503"],
    ['error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502', 'fatal: expected flush after ref listing'],
    ['error: RPC failed; curl 18 transfer closed with outstanding read data remaining', 'fatal: early EOF'],
    ['error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly: CANCEL (err 8)'],
    ['fetch-pack: unexpected disconnect while reading sideband packet', 'fatal: fetch-pack: invalid index-pack output'],
    ['ssh: Could not resolve hostname h: Temporary failure in name resolution', 'fatal: Could not read from remote repository.'],
    ['ssh: connect to host h port 22: Connection timed out', 'fatal: Could not read from remote repository.'],
    ['kex_exchange_identification: Connection closed by remote host', 'fatal: Could not read from remote repository.'],
  ])
    assert.equal(isGitUnreachable(lines), true, lines.join(' '))
})

test('what was refused is not, even where the connection ended with it', () => {
  for (const lines of [
    [],
    ["fatal: Authentication failed for 'https://h/r.git/'"],
    ["fatal: unable to access 'https://h/r.git/': The requested URL returned error: 403"],
    ["fatal: repository 'https://h/r.git/' not found"],
    ["fatal: couldn't find remote ref refs/heads/none"],
    ['fatal: remote error: upload-pack: not our ref ffff', 'fatal: the remote end hung up unexpectedly'],
    [
      'git@h: Permission denied (publickey).',
      'Connection closed by 192.0.2.1 port 22',
      'fatal: Could not read from remote repository.',
    ],
    ['Host key verification failed.', 'fatal: Could not read from remote repository.'],
    ["fatal: unable to access 'https://h/r.git/': server certificate verification failed. CAfile: none CRLfile: none"],
    ['remote: Connection refused', 'fatal: protocol error'],
  ])
    assert.equal(isGitUnreachable(lines), false, lines.join(' '))
})
