"""Index, fusion, `Recommender`, search, explanations and the command line."""
