"""`acme`: what people do from a terminal. Thin: reads, asks the other rooms, prints."""
