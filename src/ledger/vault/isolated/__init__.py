"""What hostile bytes are parsed in: processes that hold no key, no file and no connection, and live for one document.

`running` is the gateway's side, and imports no parser. Everything else here is the child's.
"""
