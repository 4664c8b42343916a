--liquibase formatted sql
--changeset i:d
select 1;
