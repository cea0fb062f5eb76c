"""Benchmarks: `make bench`, apart from the suite. Each figure is a ratio within one run, gated on zero gaps."""
