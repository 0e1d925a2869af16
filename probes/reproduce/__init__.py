"""Claims of papers, tried again in our worlds."""
