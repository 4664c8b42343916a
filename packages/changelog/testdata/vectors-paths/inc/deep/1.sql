--liquibase formatted sql logicalFilePath:own/h2.sql
--changeset i:dh2
select 1;
--changeset i:dh3 logicalFilePath:own/h3.sql
select 1;