"""Who judges messages: the process that asks (`here`), or a child that leaves again (`apart`)."""
