--liquibase formatted sql
--changeset i:deep2
select 1;
