"""Mutation testing: small faults put into a module, which its quick tests must notice."""
