create table a (id int); -- first
insert into a values (1);

/* block */ insert into a values (2);
