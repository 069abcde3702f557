"""Cypher on the command line: one statement, a shell, named questions, tables, files and pictures."""
