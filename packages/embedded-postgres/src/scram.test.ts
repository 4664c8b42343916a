import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScramVerifier, matchesScramVerifier } from './scram.ts'

test('a verifier belongs to its password alone', () => {
  const verifier = createScramVerifier('pencil')
  assert.match(verifier, /^SCRAM-SHA-256\$4096:[^$]+\$[^:]+:.+$/)
  assert.ok(matchesScramVerifier('pencil', verifier))
  assert.ok(!matchesScramVerifier('pencil ', verifier))
  assert.ok(!matchesScramVerifier('pencil', 'md5abc'))
})

test('a verifier is the one of RFC 7677 for its salt', () => {
  const verifier = createScramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))
  // The example of section 3 gives the server's signature; these keys are what it and the client's proof are computed from.
  assert.equal(
    verifier,
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})
