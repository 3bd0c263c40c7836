"""The status board: one read model over ledger and forecast, its pages, its JSON. It decides nothing."""
