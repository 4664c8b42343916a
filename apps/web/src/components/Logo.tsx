/** A gate between two posts, with the water that it holds. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false" fill="none" strokeLinecap="round">
      <path d="M6 5v22M26 5v22" stroke="var(--text-colour)" strokeWidth="3.2" />
      <path d="M8 12c3-3.4 5 3.4 8 0s5 3.4 8 0M8 20c3-3.4 5 3.4 8 0s5 3.4 8 0" stroke="var(--accent)" strokeWidth="3" />
    </svg>
  )
}
