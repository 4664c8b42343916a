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

--changeset alice:only-prod context:prod
INSERT INTO customer(id, name) VALUES (2, 'x');
--rollback DELETE FROM customer WHERE id = 2;

--changeset alice:3 dbms:oracle
SELECT 1 FROM dual;

--changeset alice:4 runAlways:true
UPDATE customer SET name = name;
--rollback empty

--changeset alice:5 runOnChange:true
CREATE VIEW customer_names AS SELECT name FROM customer;
--rollback DROP VIEW customer_names;

--changeset alice:6
--preconditions onFail:MARK_RAN
--precondition-sql-check expectedResult:0 SELECT count(*) FROM customer
CREATE TABLE never (id INT);
--rollback empty

--changeset alice:7 failOnError:false
INSERT INTO nowhere VALUES (1);
--rollback empty
