CREATE TABLE raw_t (id INT);
