import { execFile, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AppError } from '@sluice/base'

/** A MariaDB server of the tests' own. */
export interface MariadbServer {
  readonly host: '127.0.0.1'
  readonly port: number
  /** May do everything. */
  readonly user: string
  readonly password: string
  readonly socketPath: string
  readonly logPath: string
  readonly pid: number
}

export interface MariadbServerOptions {
  /** Made when it is not there; a data folder in it is used again. */
  readonly dir: string
  readonly password: string
  /** More options of mariadbd, for example `--ssl-ca=…`. */
  readonly args?: readonly string[] | undefined
}

const startWaitMs = 60_000
const programPaths = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd', '/usr/local/sbin/mariadbd', '/usr/local/bin/mariadbd']
const installPaths = ['/usr/bin/mariadb-install-db', '/usr/local/bin/mariadb-install-db']

/** Whether MariaDB is installed here (Debian: the package `mariadb-server`). */
export function hasMariadb(): boolean {
  return findProgram(programPaths) !== undefined && findProgram(installPaths) !== undefined
}

/** The test server's user. */
export const mariadbUser = 'sluice'

/**
 * Starts mariadbd on loopback with a data folder of its own, detached from this process. Nothing survives a power cut (no flush):
 * these are tests. Throws `TEST_MARIADB_START` with the end of its log.
 */
export async function startMariadb(options: MariadbServerOptions): Promise<MariadbServer> {
  const { dir, password } = options
  const program = findProgram(programPaths)
  const installer = findProgram(installPaths)
  if (program === undefined || installer === undefined) {
    throw new AppError('failedPrecondition', 'TEST_MARIADB_MISSING', 'MariaDB is not installed here.', {
      hint: 'Install the Debian package mariadb-server; no running service is needed.',
    })
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const dataDir = join(dir, 'data')
  const logPath = join(dir, 'mariadb.log')
  const socketPath = join(dir, 'mysql.sock')
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  if (!existsSync(join(dir, 'installed'))) {
    await promisify(execFile)(installer, [
      '--no-defaults',
      `--datadir=${dataDir}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-log-bin',
      ...asRoot,
    ])
    writeFileSync(join(dir, 'installed'), '')
  }
  const initPath = join(dir, 'init.sql')
  writeFileSync(
    initPath,
    `CREATE OR REPLACE USER '${mariadbUser}'@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO '${mariadbUser}'@'%' WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  )
  const port = await findFreePort()
  const log = openSync(logPath, 'a')
  const child = spawn(
    program,
    [
      '--no-defaults',
      `--datadir=${dataDir}`,
      `--socket=${socketPath}`,
      `--port=${port}`,
      `--init-file=${initPath}`,
      `--pid-file=${join(dir, 'mariadb.pid')}`,
      ...asRoot,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--skip-log-bin',
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_general_ci',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-fast-shutdown=2',
      '--innodb-buffer-pool-size=64M',
      '--sync-binlog=0',
      '--max-connections=200',
      '--event-scheduler=OFF',
      ...(options.args ?? []),
    ],
    { stdio: ['ignore', log, log], detached: true, env: { PATH: '/usr/bin:/bin' } },
  )
  closeSync(log)
  const pid = child.pid ?? 0
  let ended = false
  child.on('exit', () => (ended = true))
  child.on('error', () => (ended = true))
  const server: MariadbServer = { host: '127.0.0.1', port, user: mariadbUser, password, socketPath, logPath, pid }
  const deadline = performance.now() + startWaitMs
  while (!(await answers(server))) {
    if (ended || performance.now() > deadline) {
      const tail = readFileSync(logPath, 'utf8').split('\n').slice(-15).join('\n')
      throw new AppError('internal', 'TEST_MARIADB_START', `The test MariaDB did not start:\n${tail}`)
    }
    await delay(50)
  }
  child.unref()
  return server
}

/** Whether the server takes our login now. */
export async function answers(server: Pick<MariadbServer, 'host' | 'port' | 'user' | 'password'>): Promise<boolean> {
  const { createConnection } = await import('mysql2/promise')
  try {
    const { host, port, user, password } = server
    const connection = await createConnection({ host, port, user, password, connectTimeout: 2000 })
    connection.destroy()
    return true
  } catch {
    return false
  }
}

function findProgram(paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
