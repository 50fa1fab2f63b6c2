"""The judgement: pure functions from a message, the rules, the ledger and history to a case."""
