"""loan-watcher (结清守望): tells which notices on repaid loans are old data, fraud or real."""
