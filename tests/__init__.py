"""The tests of egcore; they mirror its modules one to one, with the tables under data/."""
