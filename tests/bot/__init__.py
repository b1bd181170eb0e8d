"""The pure core: decisions on commands, without database, network or clock."""
