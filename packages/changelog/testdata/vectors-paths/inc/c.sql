--liquibase formatted sql
--changeset i:c
select 1;
