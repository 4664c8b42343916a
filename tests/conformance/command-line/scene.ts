/** One command line of a scene, and what of its outcome has to be Liquibase's. The exit code always has to. */
export interface SceneStep {
  readonly argv: readonly string[]
  /** The answer on stdout is the same text, dates and ids left out of account. */
  readonly stdout?: 'same'
  /** What this finds in stdout and stderr together is the same. */
  readonly fact?: RegExp
  /** Why ours is meant to differ; then the exit codes have to differ too. */
  readonly differs?: string
}

/** Command lines that run one after the other on one database, in one folder. */
export interface Scene {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Whether `--url`, `--username` and `--password` are put in front. Default true. */
  readonly connects?: boolean
  readonly steps: readonly SceneStep[]
}

export const changelog = `--liquibase formatted sql
--changeset bob:1
create table a(id int primary key);
--rollback drop table a;
--changeset bob:2 context:test
create table b(id int primary key, v varchar(10) default '\${val}');
--rollback drop table b;
--changeset bob:3 labels:big
create table c(id int);
--rollback drop table c;
`

/** A command line of words between blanks. */
export const line = (text: string, more: Omit<SceneStep, 'argv'> = {}): SceneStep => ({ argv: text.split(' '), ...more })
