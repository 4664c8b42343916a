import styles from './Icon.module.css'

/** The outline of every icon on a 16 × 16 grid, drawn with the colour of the text around it. */
const paths = {
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  question: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.35-1 .8-1 1.6M8 12.4v.1',
  clock: 'M8 4.5V8l2.4 1.6',
  dash: 'M4.5 8h7',
  skip: 'M4 4.5 7.5 8 4 11.5M8.5 4.5 12 8l-3.5 3.5',
  slash: 'M4 12 12 4',
  dot: 'M8 8v.01',
  arrow: 'M3 8h9.5M9 4.5 12.5 8 9 11.5',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  play: 'M5 3.5v9l7.5-4.5z',
  stop: 'M4 4h8v8H4z',
  plus: 'M8 3v10M3 8h10',
  moon: 'M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1',
  exit: 'M9.5 3H3.5v10h6M7 8h6.5M11 5.5 13.5 8 11 10.5',
  database:
    'M3 4.2C3 3 5.2 2.2 8 2.2s5 .8 5 2-2.2 2-5 2-5-.8-5-2zM3 4.2v7.6c0 1.2 2.2 2 5 2s5-.8 5-2V4.2M3 8c0 1.2 2.2 2 5 2s5-.8 5-2',
  warning: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  download: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10',
  key: 'M9.8 9.4a3.4 3.4 0 1 0-3-3L2.5 10.8v2.7h2.7v-1.7h1.7v-1.6z',
} as const
export type IconName = keyof typeof paths

/** A picture beside a word that says the same; hidden from screen readers for that reason. */
export function Icon({ name, ring = false, size = 16 }: { name: IconName; ring?: boolean; size?: number }) {
  return (
    <svg className={styles.icon} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {ring && <circle cx="8" cy="8" r="6.8" />}
      <path d={paths[name]} transform={ring ? 'translate(2.4 2.4) scale(0.7)' : undefined} />
    </svg>
  )
}
