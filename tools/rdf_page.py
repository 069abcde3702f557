"""The page `docs/rdf.md`, its table from the terms that the export writes."""

from cartograph.kg.rdf.terms import rows

_HEAD = """\
# The graph as RDF

```sh
cartograph export turtle --run runs/mine --out shop.ttl   # or ntriples, jsonld
cartograph load shop.ttl --run runs/copy                  # and back again
cartograph validate shop.ttl                              # against the shapes of kg/rdf/shapes.ttl
cartograph sparql 'SELECT ?name { ?p a schema:Product; schema:name ?name }' --run runs/mine
```

Products, their facts and links are written with the terms of [schema.org](https://schema.org), what it has
none for with terms of Cartograph's own. Turtle and N-Triples are streamed. The three formats hold the same
statements, and no blank nodes, so that two files can be compared line by line. What users did is private: it
is left out unless `--events` asks for it. What Cartograph proposed and you [accepted](quality.md) is not the
shop's own word: it is left out unless `--derived` asks for it, and then each has a node that says which run
derived it, when, how, and how surely. `load` would take it for the shop's own.

`cartograph load` reads such files, and product feeds of others: schema.org in JSON-LD, Turtle, N-Triples or
the script elements of a page, and GoodRelations. Nothing is fetched for it. JSON-LD is read in pieces where
the file is a context, then a graph whose nodes have addresses, or none that others refer to, as Cartograph
writes it; any other file is in memory as a whole. A file called `.json` is a feed where a `@context` stands
in its first megabyte; in a folder, JSON-LD has to be called `.jsonld`.

`cartograph validate` prints one line a finding and ends with 1 if there is one that is no mere warning.
`cartograph sparql` only reads, in a process of its own with limits of time and rows.

| in the graph | term | how |
|---|---|---|
"""


def rdf_page() -> str:
    """`docs/rdf.md`."""
    return _HEAD + "".join(f"| {what} | {term} | {how} |\n" for what, term, how in rows())
