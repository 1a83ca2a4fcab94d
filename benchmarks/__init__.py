"""Workloads and measurements of egcore; not part of the installed package."""
