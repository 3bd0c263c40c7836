"""The only room that imports Dagster: thin assets, checks, sensors and resources over the other rooms."""
