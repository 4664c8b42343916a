--liquibase formatted sql logicalFilePath:own/h2.sql
--changeset i:h2
select 1;
--changeset i:h3 logicalFilePath:own/h3.sql
select 1;