"""The tests of the index; they mirror its modules."""
