import { memo, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { formatBytes } from '../format/bytes.ts'
import { formatCount } from '../format/count.ts'
import { Badge } from '../ui/Badge.tsx'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { downloadLog } from './download-log.ts'
import { type LogBlock, blockLines } from './log-buffer.ts'
import styles from './LogView.module.css'
import { parseLine } from './parse-line.ts'
import { type LogState, useLog } from './use-log.ts'

/** How much of the end of a log is shown at first, and how much each "Show more" adds. */
const pageBytes = 1024 * 1024

/**
 * A masked log, live. All its lines are in the page, so that the browser's own search finds them; what is out of sight costs nothing since
 * blocks of lines are skipped until they are scrolled to.
 */
export function LogView({
  executionId,
  stream,
  length,
  gaps,
  isOver,
  fileName,
}: {
  executionId: string
  stream: string
  /** Bytes that the server had when the page was made. */
  length: number
  gaps: number
  /** Whether what writes it has ended. */
  isOver: boolean
  fileName: string
}) {
  const [start, setStart] = useState(() => Math.max(0, length - pageBytes))
  const log = useLog(executionId, stream, start)
  const [isFollowing, setIsFollowing] = useState(true)
  const [hasTimes, setHasTimes] = useState(true)
  const [isWrapped, setIsWrapped] = useState(true)
  const [error, setError] = useState<unknown>()
  const box = useFollow(log, isFollowing)
  const lastTop = useRef(0)
  if (log.error !== undefined) return <ErrorPanel error={log.error} />
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <LogStatus log={log} isOver={isOver} />
        {gaps > 0 && (
          <Badge tone="warning" icon="warning" plain>
            {formatCount(gaps, 'gap')}
          </Badge>
        )}
        <span className={styles.space} />
        <Toggle label="Follow" isOn={isFollowing} onChange={setIsFollowing} />
        <Toggle label="Times (UTC)" isOn={hasTimes} onChange={setHasTimes} />
        <Toggle label="Wrap" isOn={isWrapped} onChange={setIsWrapped} />
        <CopyButton what="the log" text={() => log.blocks.flatMap(({ lines }) => lines).join('\n')} />
        <Button
          kind="quiet"
          icon="download"
          aria-label="Download the log"
          title="Download the log"
          onClick={() => {
            setError(undefined)
            downloadLog(executionId, stream, fileName).catch(setError)
          }}
        />
      </div>
      {error !== undefined && <ErrorPanel error={error} />}
      <div
        ref={box}
        className={styles.box}
        data-wrapped={isWrapped}
        data-times={hasTimes}
        role="log"
        aria-live="off"
        aria-label="Log"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls has to be reached by keyboard
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
          // Blocks that get their true height move things too; only going up is a wish to stop.
          const isUp = scrollTop < lastTop.current - 2
          lastTop.current = scrollTop
          if (scrollHeight - scrollTop - clientHeight < 24) setIsFollowing(true)
          else if (isUp) setIsFollowing(false)
        }}
      >
        {start > 0 && (
          <p className={styles.earlier}>
            The first {formatBytes(start)} are not shown.{' '}
            <Button onClick={() => setStart(Math.max(0, start - pageBytes))}>Show more</Button>
          </p>
        )}
        {log.droppedLines > 0 && (
          <p className={styles.earlier}>{formatCount(log.droppedLines, 'earlier line')} left out; the download has them.</p>
        )}
        {log.blocks.map((block) => (
          <Block key={block.key} block={block} />
        ))}
        {log.partial !== '' && <Line line={log.partial} />}
        {log.lineCount === 0 && log.partial === '' && (
          <p className={styles.earlier}>{log.status === 'ended' ? 'This log is empty.' : 'Nothing has been written yet.'}</p>
        )}
      </div>
    </div>
  )
}

/** Keeps the end of the log in sight. */
function useFollow(log: LogState, isFollowing: boolean): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight
  }, [isFollowing, log.blocks, log.partial])
  // Blocks get their true height when they are first seen.
  useEffect(() => {
    const element = box.current
    if (!isFollowing || element === null) return undefined
    const timer = setTimeout(() => {
      element.scrollTop = element.scrollHeight
    }, 60)
    return () => clearTimeout(timer)
  }, [isFollowing, log.blocks])
  return box
}

const Block = memo(function Block({ block }: { block: LogBlock }) {
  return (
    <div className={block.lines.length === blockLines ? styles.block : undefined}>
      {block.lines.map((line, index) => (
        <Line key={index} line={line} />
      ))}
    </div>
  )
})

function Line({ line }: { line: string }) {
  const { time, text, tone } = parseLine(line)
  return (
    <div className={styles.line} data-kind={tone} data-timed={time !== undefined}>
      {time !== undefined && <span className={styles.time}>{time} </span>}
      {text === '' ? '\u00A0' : text}
    </div>
  )
}

function LogStatus({ log, isOver }: { log: LogState; isOver: boolean }) {
  const lines = formatCount(log.lineCount, 'line')
  if (log.status === 'ended') return <span className={styles.status}>{lines}, complete</span>
  if (log.status === 'open' && isOver) return <span className={styles.status}>{lines}, its end has not arrived</span>
  if (log.status === 'open') {
    return (
      <span className={styles.status}>
        <Badge tone="running" icon="spinner" plain>
          Live
        </Badge>{' '}
        {lines}
      </span>
    )
  }
  return (
    <span className={styles.status}>
      {log.status === 'lost' ? 'Connection lost, trying again …' : 'Connecting …'} {lines}
    </span>
  )
}

function Toggle({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className={styles.toggle}>
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  )
}
