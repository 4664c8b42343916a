/** How tools rewrite a text before they print it. Each function returns the distinct spellings of one family. */

const unreserved = /[A-Za-z0-9\-._~]/

// What each family of encoders leaves alone besides letters, digits and its own spelling of a space.
const percentFamilies: readonly { readonly safe: RegExp; readonly space: '%20' | '+' }[] = [
  // RFC 3986; Go url.QueryEscape and Python quote_plus differ only in the space.
  { safe: unreserved, space: '%20' },
  { safe: unreserved, space: '+' },
  // JavaScript encodeURIComponent.
  { safe: /[A-Za-z0-9\-._~!'()*]/, space: '%20' },
  { safe: /[A-Za-z0-9\-._~!'()*]/, space: '+' },
  // Java URLEncoder and browser forms.
  { safe: /[A-Za-z0-9\-._*]/, space: '+' },
  // Python quote.
  { safe: /[A-Za-z0-9\-._~/]/, space: '%20' },
  // Go userinfo.
  { safe: /[A-Za-z0-9\-._~$&+,;=]/, space: '%20' },
  // WHATWG userinfo, which leaves the percent sign itself.
  { safe: /[A-Za-z0-9\-._~!$%&'()*+,]/, space: '%20' },
  // JavaScript encodeURI.
  { safe: /[A-Za-z0-9\-._~!'()*;/?:@&=+$,#]/, space: '%20' },
]

const percentTables = percentFamilies.flatMap(({ safe, space }) =>
  ['upper', 'lower'].map((hexCase) =>
    Array.from({ length: 256 }, (_, byte) => {
      const character = String.fromCharCode(byte)
      if (byte === 0x20) return space
      if (byte < 0x80 && safe.test(character)) return character
      const digits = byte.toString(16).padStart(2, '0')
      return `%${hexCase === 'upper' ? digits.toUpperCase() : digits}`
    }),
  ),
)

/**
 * URL-encoded spellings: the inside of a URL, a JDBC URL's user info or a form. `commonOnly` leaves it at RFC 3986, forms and
 * encodeURIComponent: for values so large that they hardly go into a URL.
 */
export function percentEncodings(bytes: Uint8Array, commonOnly: boolean): string[] {
  return percentTables.slice(0, commonOnly ? 8 : percentTables.length).map((table) => {
    let text = ''
    for (const byte of bytes) text += table[byte] ?? ''
    return text
  })
}

/** JSON string contents as the common writers spell them, and the same once more inside another JSON string. */
export function jsonEscapes(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1)
  const unicode = (pattern: RegExp, upper: boolean): string =>
    plain.replace(pattern, (character) => {
      const digits = character.charCodeAt(0).toString(16).padStart(4, '0')
      return `\\u${upper ? digits.toUpperCase() : digits}`
    })
  return [
    plain,
    // PHP escapes the slash, Go and Gson what HTML cares about, Python everything beyond ASCII.
    plain.replaceAll('/', '\\/'),
    unicode(/[<>&\u2028\u2029]/g, false),
    unicode(/[<>&='\u2028\u2029]/g, false),
    unicode(/[^\0-\x7f]/g, false),
    unicode(/[^\0-\x7f]/g, true),
    JSON.stringify(plain).slice(1, -1),
  ]
}

/** XML and HTML spellings; the names of the quote entities differ between writers. */
export function xmlEscapes(text: string): string[] {
  const base = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quotes: readonly [apostrophe: string, quote: string][] = [
    ["'", '"'],
    ["'", '&quot;'],
    ['&apos;', '&quot;'],
    ['&#39;', '&quot;'],
    ['&#39;', '&#34;'],
    ['&#x27;', '&quot;'],
  ]
  return quotes.map(([apostrophe, quote]) => base.replaceAll("'", apostrophe).replaceAll('"', quote))
}

/** Shell spellings: inside single quotes, inside double quotes, and backslashes as `printf %q` writes them. */
export function shellEscapes(text: string): string[] {
  return [
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replace(/[\\$`"]/g, '\\$&'),
    text.replace(/[^A-Za-z0-9_\-./:=@%+,\n\x80-\uffff]/g, '\\$&'),
  ]
}

/** Spellings inside SQL literals, libpq and ODBC connection strings, JDBC properties and CSV. */
export function quoteEscapes(text: string): string[] {
  return [
    text.replaceAll("'", "''"),
    text.replaceAll('"', '""'),
    text.replace(/[\\']/g, '\\$&'),
    text.replace(/[\\"]/g, '\\$&'),
    text.replaceAll('}', '}}'),
    // Java .properties.
    text.replace(/[\\:=#!]/g, '\\$&'),
  ]
}
