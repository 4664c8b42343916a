import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitStatements, type SplitOptions } from './split.ts'

const split = (text: string, options: Partial<SplitOptions> = {}) => splitStatements(text, { dialect: 'mysql', ...options })
const texts = (text: string, options: Partial<SplitOptions> = {}) => split(text, options).statements.map((one) => one.text)

const whole: Readonly<Record<string, string>> = {
  'a string with escapes': 'SELECT \'a\\\';b\', "c\\";d"',
  'a string with doubled quotes': "SELECT 'a'';b'",
  'a name in backquotes': 'SELECT 1 AS `a;``b`',
  'a hash comment': 'SELECT 1 # one; two\n, 2',
  'minus minus a number, which is no comment': 'SELECT 5--1',
  'a star before a comment': 'SELECT 2*/* two; */3',
  'an executable comment with a delimiter': '/*!50003 SET @a = 1; */',
  'a procedure with everything':
    'CREATE DEFINER=`root`@`localhost` PROCEDURE p(a INT) BEGIN DECLARE x INT DEFAULT CASE WHEN a THEN 1 ELSE 2 END; ' +
    'IF a > 1 THEN SET x = 1; ELSEIF a THEN SET x = IF(a, 2, 3); ELSE SET x = 4; END IF; ' +
    'l: LOOP SET x = x + 1; LEAVE l; END LOOP l; WHILE x > 0 DO SET x = x - 1; END WHILE; REPEAT SET x = 1; UNTIL TRUE END REPEAT; ' +
    'CASE a WHEN 1 THEN SET x = 1; ELSE BEGIN END; END CASE; END',
  'a trigger that is one IF':
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.end > 1 THEN SET NEW.x = 1; ELSE SET NEW.x = 2; END IF',
  'a trigger that is one CASE':
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW CASE NEW.x WHEN 1 THEN SET NEW.y = 1; ELSE SET NEW.y = IF(1, 2, 3); END CASE',
  'a function that is one statement': 'CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN IF(1, CASE 1 WHEN 1 THEN 2 END, 3)',
  'a loop without a block': 'CREATE PROCEDURE p() WHILE @a > 0 DO SET @a = @a - 1; SET @b = 1; END WHILE',
  'an event': 'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END',
  'a block of MariaDB': 'BEGIN NOT ATOMIC SELECT 1; SELECT 2; END',
  'a name after a dot that is a keyword':
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.begin = OLD.end; SET NEW.case = 1; END',
}

for (const [name, statement] of Object.entries(whole)) {
  test(`splitting for MySQL keeps together ${name}`, () => {
    assert.deepEqual(texts(`${statement};\nSELECT 2;`), [statement, 'SELECT 2'])
  })
}

test('outside of routines BEGIN, END and IF are ordinary words', () => {
  assert.deepEqual(texts('BEGIN; SELECT IF(1, 2, 3); COMMIT; SELECT end FROM t; DROP PROCEDURE IF EXISTS p; SELECT 1'), [
    'BEGIN',
    'SELECT IF(1, 2, 3)',
    'COMMIT',
    'SELECT end FROM t',
    'DROP PROCEDURE IF EXISTS p',
    'SELECT 1',
  ])
})

test('DELIMITER lines are obeyed, as the mysql client does', () => {
  const dump = [
    '-- a dump',
    'SELECT 1;',
    'DELIMITER $$',
    'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END$$',
    'delimiter ;;',
    '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */;;',
    'DELIMITER ;',
    'SELECT 3; SELECT 4',
  ].join('\n')
  assert.deepEqual(texts(dump, { stripComments: true }), [
    'SELECT 1',
    'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END',
    '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */',
    'SELECT 3',
    'SELECT 4',
  ])
  assert.deepEqual(texts('DELIMITER //\nSELECT 4/2; SELECT 1 //\nDELIMITER ;\nselect delimiter from t;'), [
    'SELECT 4/2; SELECT 1',
    'select delimiter from t',
  ])
})

test('an endDelimiter of signs also ends a word', () => {
  assert.deepEqual(texts('CREATE PROCEDURE p() BEGIN SELECT 1; END$$\nSELECT 2 $$', { endDelimiter: '$$' }), [
    'CREATE PROCEDURE p() BEGIN SELECT 1; END',
    'SELECT 2',
  ])
  assert.deepEqual(texts('SELECT 1\nGO\nSELECT ago FROM t\ngo', { endDelimiter: 'GO' }), ['SELECT 1', 'SELECT ago FROM t'])
})

test('comments are left out but for those that the server executes', () => {
  assert.deepEqual(texts('/* a */ SELECT /*! STRAIGHT_JOIN */ 1 # b\n, 2 -- c\n;', { stripComments: true }), [
    'SELECT /*! STRAIGHT_JOIN */ 1 \n, 2',
  ])
  assert.deepEqual(texts('/*!40101 SET NAMES utf8 */;\n/* only this */;', { stripComments: true }), [
    '/*!40101 SET NAMES utf8 */',
  ])
})

test('a backslash is a character where the session says so', () => {
  const text = "SELECT 'c:\\'; SELECT 2"
  assert.deepEqual(texts(text, { backslashEscapes: false }), ["SELECT 'c:\\'", 'SELECT 2'])
  assert.equal(texts(text).length, 1)
})

test('commands of the mysql client are refused with their place', () => {
  const { diagnostics } = split('SELECT 1\\G\nsource other.sql\nSELECT 2;', { file: 'a.sql' })
  assert.deepEqual(
    diagnostics.map(({ code, file, line, column }) => [code, file, line, column]),
    [['SQL_MYSQL_COMMAND', 'a.sql', 1, 9]],
  )
  assert.deepEqual(
    split('SELECT 1;\nsource other.sql\nSELECT 2;').diagnostics.map(({ line }) => line),
    [2],
  )
})

test('the header of a changelog that was appended to another one is a comment', () => {
  assert.deepEqual(texts('SELECT 1;\n--liquibase formatted sql\n', { stripComments: true }), ['SELECT 1'])
  assert.deepEqual(texts('SELECT 5--liquibase', { stripComments: true }), ['SELECT 5--liquibase'])
})
