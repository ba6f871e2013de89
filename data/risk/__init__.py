"""Risk: what happened in a store, read as signals, weighed by a table, told as reasons. Pure: no storage, no clock."""
