--liquibase formatted sql

--changeset alice:1
--comment: the people who buy
CREATE TABLE customer (
  id   INT PRIMARY KEY, -- key
  name VARCHAR(50) DEFAULT '${owner}'
);
--rollback DROP TABLE customer;

--changeset alice:2 context:"test and !prod" labels:"v1,v2"
INSERT INTO customer(id, name) VALUES (1, 'héé; ünï');
--rollback DELETE FROM customer WHERE id = 1;

--changeset alice:only-test context:test
INSERT INTO customer(id, name) VALUES (2, 'x');
--rollback DELETE FROM customer WHERE id = 2;

--changeset alice:3 splitStatements:false
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END; $$;
--rollback DROP FUNCTION touch();

--changeset alice:4 runInTransaction:false
CREATE INDEX CONCURRENTLY ix_customer_name ON customer (name);
--rollback DROP INDEX ix_customer_name;

--changeset alice:5 runOnChange:true
CREATE OR REPLACE VIEW customer_names AS SELECT name FROM customer;
--rollback DROP VIEW customer_names;

--changeset alice:6
--preconditions onFail:MARK_RAN
--precondition-sql-check expectedResult:0 SELECT count(*) FROM customer
CREATE TABLE never (id INT);
--rollback DROP TABLE never;
