"""The page: reads widgets, calls twin_core, draws."""
