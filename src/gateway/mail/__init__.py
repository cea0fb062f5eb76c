"""Mail: what is to be sent waits in an outbox, in the transaction of what caused it; a worker delivers it."""
