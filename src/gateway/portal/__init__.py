"""Server-rendered pages: French, without script, under a strict content policy."""
