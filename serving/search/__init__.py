"""Search: words, meaning and the graph; facets, corrections and suggestions.

Nothing is imported here: the types of answers need no torch, the search itself does.
"""
