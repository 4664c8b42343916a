

  --  LIQUIBASE   Formatted   SQL  
--changeset z:h
select 1;