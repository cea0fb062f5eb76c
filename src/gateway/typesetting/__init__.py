"""PDFs of the gateway's own: typst's compiler in a process of its own, so that `serve` never loads it."""
