--liquibase formatted sql

some text before, dropped

--property name:tbl value:person
--property name:TBL value:late
--changeset "Ann Bee":"x:1" labels:"V1, v2" context:'single q'
-- an inner comment
SELECT * FROM ${tbl} WHERE a = '${ unknown }' AND b='${TBL}';

-- changeset bob:2 runAlways:true
--comment: first comment
--comment: second comment
SELECT 2;

--changeset bob:3 splitStatements:false stripComments:FALSE endDelimiter:\n/
select 3
/
--rollback drop table a;
--rollback drop table b;

--changeset bob:4 contextFilter:"a and b" context:c labels:one,two
/* liquibase rollback
 drop table x
 where y
*/
select 4;

--changeset bob:5
--ignoreLines:2
ignored 1
ignored 2
select 5;
--ignoreLines:start
more ignored
--ignoreLines:end
select 55;

--changeset bob:6
--preconditions onFail:MARK_RAN onError:WARN
--precondition-sql-check expectedResult:0 select count(*) from x
--validCheckSum: 9:abc
--validCheckSum: any
select 6;

--changeset bob:7 dbms:oracle,!h2
select 7;

--changeset bob:8 dbms:postgresql logicalFilePath:lfp/x.sql
	select 8;   

--changeset bob:9
select 9
/

--changeset bob:10
select '  spaces   inside	tab';  -- trailing
--not a directive
-- looks

--CHANGESET bob:11 RUNONCHANGE:true CONTEXT:Foo
select 11;

--changeset bob:12 ignore:true
select 12;

--changeset bob:13
select 'é' ; select 'nbsp  x';

--changeset bob:14
--rollback not required
select 14;

--changeset bob:15
--rollback changesetId:14 changesetAuthor:bob
select 15;

--changeset bob:16
--rollback
select 16;
--rollback empty

--changeset bob:17 context:a,b
--comment ${tbl} commented
select 17;
