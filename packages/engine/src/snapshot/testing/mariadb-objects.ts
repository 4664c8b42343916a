/** Every kind of object of a MariaDB database. Each is a list of statements. */
export const mariadbObjects: Readonly<Record<string, readonly string[]>> = {
  tables: [
    `CREATE TABLE every_type (id int unsigned NOT NULL AUTO_INCREMENT, a tinyint(1) DEFAULT 1, b decimal(10,2) DEFAULT 1.50, c varchar(20) CHARACTER SET latin1 DEFAULT 'x''y\\\\z',
  d text COLLATE utf8mb4_bin, e datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), f enum('a','b;c','d''e') NOT NULL DEFAULT 'a', g set('x','y'), h json DEFAULT json_object(),
  i blob, j bit(4) DEFAULT b'101', k point NOT NULL, l int GENERATED ALWAYS AS (a + 1) VIRTUAL, m int AS (a * 2) STORED, n timestamp NULL, o varchar(10) INVISIBLE DEFAULT 'q',
  p uuid DEFAULT uuid(), q int COMMENT 'a comment, with; all' CHECK (q > 0), r date DEFAULT (curdate() + interval 1 day),
  PRIMARY KEY (id), UNIQUE KEY u (c, a DESC), KEY prefix (d(10)), FULLTEXT KEY ft (d), SPATIAL KEY sp (k), KEY ignored_one (b) IGNORED, CONSTRAINT both_set CHECK (a < 5 OR b IS NULL))
  ENGINE=InnoDB AUTO_INCREMENT=77 ROW_FORMAT=DYNAMIC COMMENT='It''s; a table'`,
    'CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria CHARSET=latin1 PAGE_CHECKSUM=1',
    'CREATE TABLE `odd ``name` (`a ``b` int, `select` int, KEY `k ``1` (`select`))',
    `CREATE TABLE parted (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (year(at)) (PARTITION p0 VALUES LESS THAN (2024), PARTITION p1 VALUES LESS THAN MAXVALUE)`,
    'CREATE TABLE versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING',
  ],
  foreignKeys: [
    'CREATE TABLE z_parent (id int PRIMARY KEY, code varchar(10) UNIQUE)',
    'CREATE TABLE a_child (id int PRIMARY KEY, parent_id int, code varchar(10), CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES z_parent (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (code) REFERENCES z_parent (code))',
    'ALTER TABLE z_parent ADD COLUMN child int, ADD FOREIGN KEY (child) REFERENCES a_child (id)',
  ],
  views: [
    'CREATE TABLE base (id int, name varchar(10), amount int)',
    'CREATE VIEW zz_view AS SELECT id, name AS `a b` FROM base WHERE amount > 0',
    'CREATE FUNCTION doubled(x int) RETURNS int DETERMINISTIC RETURN x * 2',
    "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW aa_view AS SELECT z.*, doubled(z.id), 'a;`base`.`x`' AS t FROM zz_view z JOIN base b ON b.id = z.id",
    'CREATE VIEW checked AS SELECT * FROM base WHERE amount < 5 WITH CASCADED CHECK OPTION',
  ],
  routines: [
    'CREATE TABLE log (what varchar(100), n int)',
    `CREATE PROCEDURE fill(IN n int, OUT total int) MODIFIES SQL DATA COMMENT 'fills; it' BEGIN
  DECLARE i int DEFAULT 0; -- a comment; here
  WHILE i < n DO INSERT INTO log VALUES ('x;y', i); SET i = i + 1; END WHILE;
  SELECT count(*) INTO total FROM log;
END`,
    "SET SESSION sql_mode = 'ANSI_QUOTES'",
    `CREATE FUNCTION ansi() RETURNS int DETERMINISTIC RETURN (SELECT count(*) FROM "log")`,
    'SET SESSION sql_mode = DEFAULT',
    `CREATE TRIGGER second_one BEFORE INSERT ON log FOR EACH ROW SET NEW.n = NEW.n + 1`,
    `CREATE TRIGGER a_third BEFORE INSERT ON log FOR EACH ROW BEGIN IF NEW.n > 5 THEN SET NEW.what = 'big;'; END IF; END`,
    `CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'at night' DO DELETE FROM log`,
    'CREATE SEQUENCE numbers START WITH 10 INCREMENT BY 5 MINVALUE 1 MAXVALUE 1000 CACHE 20 CYCLE',
    'CREATE TABLE numbered (id int DEFAULT nextval(numbers) PRIMARY KEY)',
  ],
  more: [
    'CREATE TABLE compressed (id int PRIMARY KEY, body text COMPRESSED, raw blob COMPRESSED DEFAULT NULL) PAGE_COMPRESSED=1',
    'CREATE TABLE periods (id int PRIMARY KEY, s date NOT NULL, e date NOT NULL, PERIOD FOR valid (s, e))',
    'CREATE TABLE rows_of (x int, a timestamp(6) GENERATED ALWAYS AS ROW START, b timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (a, b)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION h HISTORY, PARTITION n CURRENT)',
    'CREATE TABLE unversioned (id int PRIMARY KEY, v int WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING',
    'CREATE TABLE hashed (id int NOT NULL, v int, PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 4',
    "CREATE TABLE listed (r varchar(10) NOT NULL, v int) PARTITION BY LIST COLUMNS (r) SUBPARTITION BY HASH (v) SUBPARTITIONS 2 (PARTITION eu VALUES IN ('de', 'f;r'), PARTITION rest DEFAULT)",
    'CREATE TABLE unseen (id int PRIMARY KEY, a int INVISIBLE, b int NOT NULL INVISIBLE DEFAULT 2, UNIQUE KEY (a))',
    'CREATE TABLE texts (a text, b text, FULLTEXT KEY both_of (a, b)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
    'CREATE TABLE shapes (g geometry NOT NULL, SPATIAL KEY (g)) ENGINE=InnoDB',
    'CREATE TABLE long_keys (a text, UNIQUE KEY (a) USING HASH)',
    'CREATE ALGORITHM=TEMPTABLE DEFINER=CURRENT_USER SQL SECURITY DEFINER VIEW temporary_one AS SELECT count(*) AS n FROM hashed',
    "CREATE TABLE checked (a int CHECK (a > 0), b int, CONSTRAINT c CHECK (b > a AND 'x;' <> 'y'))",
    'CREATE TABLE v_index (a int, v int AS (a * 2) VIRTUAL, KEY (v))',
    'CREATE AGGREGATE FUNCTION total(x int) RETURNS int BEGIN DECLARE s int DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END',
  ],
}
