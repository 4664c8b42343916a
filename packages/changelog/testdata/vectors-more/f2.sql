-- liquibase formatted sql logicalFilePath:logical/f2.sql
-- changeset z:1
select 1
/
